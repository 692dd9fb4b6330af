import { createPrivateKey } from "node:crypto";

/**
 * Reads ed25519 keys in OpenSSH's own private key format (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key), the one
 * that `ssh-keygen` writes: for logins, and on a host for its own key. The public half stands in it in clear.
 */

export const openSshBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
export const openSshEnd = "-----END OPENSSH PRIVATE KEY-----";
export const openSshMagic = Buffer.from("openssh-key-v1\0");
export const openSshKeyType = "ssh-ed25519";

export type OpenSshKey =
  /** What is wrong with it, without saying any of it. */
  | { readonly kind: "fault"; readonly fault: string }
  | {
      readonly kind: "key";
      /** As `ssh-ed25519 AAAA…` holds it in base64. */
      readonly publicBlob: Buffer;
      /** 32 bytes that the key pair follows from (RFC 8032 §5.1.5). Secret. */
      readonly seed: Buffer;
    };

export function readOpenSshKey(privateKey: string): OpenSshKey {
  const text = privateKey.trim();
  if (!text.startsWith(openSshBegin) || !text.endsWith(openSshEnd))
    return { kind: "fault", fault: `must be an OpenSSH private key ("${openSshBegin}"); make one with "ssh-keygen -t ed25519 -N ''"` };
  const reader = new WireReader(Buffer.from(text.slice(openSshBegin.length, -openSshEnd.length).replaceAll(/\s/g, ""), "base64"));
  try {
    if (!reader.take(openSshMagic.length).equals(openSshMagic)) throw new RangeError("no magic");
    const cipher = reader.string().toString();
    reader.string(); // name of the key derivation
    reader.string(); // its options
    if (cipher !== "none") return { kind: "fault", fault: "must not have a pass phrase: nobody is there to type it" };
    if (reader.number() !== 1) throw new RangeError("more than one key");
    const publicBlob = reader.string();
    const publicReader = new WireReader(publicBlob);
    const type = publicReader.string().toString();
    if (type !== openSshKeyType)
      return { kind: "fault", fault: `must be an ed25519 key, is ${type}; make one with "ssh-keygen -t ed25519 -N ''"` };
    const seed = seedOf(new WireReader(reader.string()));
    // So that a file put together from two keys is refused.
    if (!publicHalfOf(seed).equals(publicReader.string()))
      return { kind: "fault", fault: "holds a public half that does not belong to it" };
    return { kind: "key", publicBlob, seed };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: "fault", fault: "is cut short or damaged: it does not parse as an OpenSSH private key" };
  }
}

/** From the private section, whose two check numbers are equal in a key that was decrypted rightly. */
function seedOf(section: WireReader): Buffer {
  if (section.number() !== section.number()) throw new RangeError("check numbers differ");
  section.string(); // key type
  section.string(); // public half
  const seed = section.string().subarray(0, 32);
  if (seed.length !== 32) throw new RangeError("the seed is too short");
  return seed;
}

function publicHalfOf(seed: Buffer): Buffer {
  // PKCS #8 of an ed25519 key is this fixed prefix and the seed (RFC 8410 §7).
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const { x } = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: "der", type: "pkcs8" }).export({ format: "jwk" });
  return Buffer.from(x ?? "", "base64url");
}

/** Reads SSH's wire types (RFC 4251 §5) from the front of a buffer; a RangeError where it ends too early. */
export class WireReader {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  take(length: number): Buffer {
    if (length > this.#rest.length) throw new RangeError("ends too early");
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  number(): number {
    return this.take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.take(this.number());
  }
}
