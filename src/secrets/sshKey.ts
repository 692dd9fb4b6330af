import { createPrivateKey, generateKeyPairSync, type KeyObject, randomInt } from "node:crypto";

/**
 * ed25519 key pairs in OpenSSH's own private key format (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key), the one
 * that `ssh-keygen` writes and that both Pulumi's SSH client and the air-gapped one read. Its public half stands in it in clear.
 */

const begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
const end = "-----END OPENSSH PRIVATE KEY-----";
const magic = Buffer.from("openssh-key-v1\0");
const keyType = "ssh-ed25519";

/** `ssh-ed25519 AAAA…` of a private key. Throws a RangeError with the fault for anything that `sshKeyFault` refuses. */
export function publicKeyOf(privateKey: string): string {
  const parsed = parse(privateKey);
  if (parsed.kind === "fault") throw new RangeError(parsed.fault);
  return `${keyType} ${parsed.publicBlob.toString("base64")}`;
}

/** What is wrong with a private key, without saying any of it, or `undefined`. */
export function sshKeyFault(privateKey: string): string | undefined {
  const parsed = parse(privateKey);
  return parsed.kind === "fault" ? parsed.fault : undefined;
}

type Parsed = { readonly kind: "fault"; readonly fault: string } | { readonly kind: "key"; readonly publicBlob: Buffer };

function parse(privateKey: string): Parsed {
  const text = privateKey.trim();
  if (!text.startsWith(begin) || !text.endsWith(end))
    return { kind: "fault", fault: `must be an OpenSSH private key ("${begin}"); make one with "ssh-keygen -t ed25519 -N ''"` };
  const reader = new Reader(Buffer.from(text.slice(begin.length, -end.length).replaceAll(/\s/g, ""), "base64"));
  try {
    if (!reader.take(magic.length).equals(magic)) throw new RangeError("no magic");
    const cipher = reader.string().toString();
    reader.string(); // name of the key derivation
    reader.string(); // its options
    if (cipher !== "none") return { kind: "fault", fault: "must not have a pass phrase: nobody is there to type it" };
    if (reader.number() !== 1) throw new RangeError("more than one key");
    const publicBlob = reader.string();
    const publicReader = new Reader(publicBlob);
    const type = publicReader.string().toString();
    if (type !== keyType)
      return { kind: "fault", fault: `must be an ed25519 key, is ${type}; make one with "ssh-keygen -t ed25519 -N ''"` };
    const publicPart = publicReader.string();
    if (!derived(new Reader(reader.string())).equals(publicPart))
      return { kind: "fault", fault: "holds a public half that does not belong to it" };
    return { kind: "key", publicBlob };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: "fault", fault: "is cut short or damaged: it does not parse as an OpenSSH private key" };
  }
}

/** The public half computed from the seed in the private section, so that a file put together from two keys is refused. */
function derived(section: Reader): Buffer {
  if (section.number() !== section.number()) throw new RangeError("check numbers differ");
  section.string(); // key type
  section.string(); // public half
  const seed = section.string().subarray(0, 32);
  // PKCS #8 of an ed25519 key is this fixed prefix and the seed (RFC 8410 §7).
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
    format: "der",
    type: "pkcs8",
  });
  return rawHalves(key).publicHalf;
}

/** A new key pair; `comment` stands in the file for people. */
export function generateSshKey(comment: string): string {
  const { seed, publicHalf } = rawHalves(generateKeyPairSync("ed25519").privateKey);
  const publicBlob = Buffer.concat([field(keyType), field(publicHalf)]);
  const check = number(randomInt(2 ** 32 - 1));
  const section = Buffer.concat([
    check,
    check,
    field(keyType),
    field(publicHalf),
    field(Buffer.concat([seed, publicHalf])),
    field(comment),
  ]);
  // The section is padded with 1, 2, 3 … to the block size of the cipher, which is 8 for "none".
  const padding = Buffer.from(Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, index) => index + 1));
  const whole = Buffer.concat([
    magic,
    field("none"),
    field("none"),
    field(""),
    number(1),
    field(publicBlob),
    field(Buffer.concat([section, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  return [begin, ...lines, end, ""].join("\n");
}

function rawHalves(key: KeyObject): { readonly seed: Buffer; readonly publicHalf: Buffer } {
  const { d, x } = key.export({ format: "jwk" });
  if (d === undefined || x === undefined) throw new TypeError("not an ed25519 private key");
  return { seed: Buffer.from(d, "base64url"), publicHalf: Buffer.from(x, "base64url") };
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}

/** Reads SSH's wire types (RFC 4251 §5) from the front of a buffer; a RangeError where it ends too early. */
class Reader {
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
