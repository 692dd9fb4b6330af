import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "./json.ts";
import { openSshKeyType, readOpenSshKey, WireReader } from "./openSshKey.ts";
import { contractVersion } from "./version.ts";

/**
 * A request that only its host can read. Pulumi's engine keeps what it is given: encrypted in the state, but in clear in the log that
 * `-v=9` writes and for whoever may decrypt the state. So secrets are sealed before the engine sees them.
 *
 * Sealed for the host's own ed25519 key, which is pinned already and exists before anything of ours is on the server, by the map from
 * Edwards to Montgomery form that `age` uses for SSH keys (RFC 7748 §4.1; libsodium's crypto_sign_ed25519_pk_to_curve25519): X25519 with a
 * one-time key, HKDF-SHA-256, AES-256-GCM. A rebuilt host has another key, and so gets its secrets anew.
 */
export const SealedRequest = z.strictObject({
  contract: z.literal(contractVersion),
  sealed: z.strictObject({
    /** The host key it is for, as `ssh-keygen -l` shows it: `SHA256:…`. */
    hostKey: z.string().max(64),
    /** One-time public key, ciphertext and tag, base64. */
    text: z.base64(),
  }),
});
export type SealedRequest = z.infer<typeof SealedRequest>;

const purpose = "terrace/sealed/v1";

/**
 * Seals `request`, a text, for the host whose key is `hostKey` (`ssh-ed25519 AAAA…`). The same request sealed again is the same text, so
 * that a preview without a change shows none: the one-time key is derived from the request under `key`, a secret of 32 characters or more.
 * Throws a RangeError for a host key that is none.
 */
export function sealRequest(request: string, hostKey: string, key: string): string {
  if (key.length < 32) throw new RangeError("the key that sealing derives from must have at least 32 characters");
  const blob = Buffer.from(hostKey.split(" ")[1] ?? "", "base64");
  const recipient = montgomeryOf(publicHalf(blob));
  const oneTime = createHmac("sha256", key).update(`${purpose}/one-time\n`).update(recipient).update(request).digest();
  const secret = privateX25519(oneTime);
  const own = rawPublic(createPublicKey(secret));
  const cipher = createCipheriv("aes-256-gcm", messageKey(secret, recipient, own, recipient), nonce);
  const text = Buffer.concat([own, cipher.update(request), cipher.final(), cipher.getAuthTag()]);
  return canonicalJson({
    contract: contractVersion,
    sealed: { hostKey: fingerprintOf(blob), text: text.toString("base64") },
  } satisfies SealedRequest);
}

export type Opened =
  | { readonly kind: "opened"; readonly request: string }
  /** Why not, in words for people. Holds no part of the request. */
  | { readonly kind: "closed"; readonly what: string };

/** Opens a sealed request with the host's private key, in OpenSSH's format. */
export function openRequest({ sealed }: SealedRequest, hostPrivateKey: string): Opened {
  const parsed = readOpenSshKey(hostPrivateKey);
  if (parsed.kind === "fault") return { kind: "closed", what: `this host's ed25519 key ${parsed.fault}` };
  const mine = fingerprintOf(parsed.publicBlob);
  if (sealed.hostKey !== mine)
    return { kind: "closed", what: `it is sealed for the host key ${sealed.hostKey}, and this host has ${mine}` };
  const text = Buffer.from(sealed.text, "base64");
  if (text.length < 32 + 16) return { kind: "closed", what: "its text is cut short" };
  const [own, body, tag] = [text.subarray(0, 32), text.subarray(32, -16), text.subarray(-16)];
  try {
    const secret = privateX25519(createHash("sha512").update(parsed.seed).digest().subarray(0, 32));
    const decipher = createDecipheriv("aes-256-gcm", messageKey(secret, own, own, montgomeryOf(publicHalf(parsed.publicBlob))), nonce);
    decipher.setAuthTag(tag);
    return { kind: "opened", request: Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8") };
  } catch {
    return { kind: "closed", what: "its text was changed on the way" };
  }
}

/** `SHA256:…`, as OpenSSH shows a key's fingerprint. */
function fingerprintOf(publicBlob: Buffer): string {
  return `SHA256:${createHash("sha256").update(publicBlob).digest("base64").replace(/=+$/, "")}`;
}

/** Each key is used for one message only, so the nonce may be constant. */
const nonce = Buffer.alloc(12);

function messageKey(secret: KeyObject, other: Buffer, oneTime: Buffer, recipient: Buffer): Buffer {
  const shared = diffieHellman({ privateKey: secret, publicKey: publicX25519(other) });
  return Buffer.from(hkdfSync("sha256", shared, Buffer.concat([oneTime, recipient]), purpose, 32));
}

function publicHalf(blob: Buffer): Buffer {
  const reader = new WireReader(blob);
  if (reader.string().toString() !== openSshKeyType) throw new RangeError("the host key is no ed25519 key");
  const half = reader.string();
  if (half.length !== 32) throw new RangeError("the host key is cut short");
  return half;
}

const prime = 2n ** 255n - 19n;

/** u = (1 + y) / (1 - y): the Montgomery form of an Edwards point; the sign of its x does not matter to X25519. */
function montgomeryOf(edwards: Buffer): Buffer {
  const y = BigInt(`0x${Buffer.from(edwards).reverse().toString("hex")}`) & (2n ** 255n - 1n);
  const u = (((1n + y) % prime) * power((1n - y + prime) % prime, prime - 2n)) % prime;
  return Buffer.from(u.toString(16).padStart(64, "0"), "hex").reverse();
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}

/** Node takes raw keys only inside their DER frames (RFC 8410). */
const privateFrame = Buffer.from("302e020100300506032b656e04220420", "hex");
const publicFrame = Buffer.from("302a300506032b656e032100", "hex");

function privateX25519(scalar: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([privateFrame, scalar]), format: "der", type: "pkcs8" });
}

function publicX25519(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicFrame, raw]), format: "der", type: "spki" });
}

function rawPublic(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
}
