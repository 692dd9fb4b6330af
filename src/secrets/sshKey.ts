import { generateKeyPairSync, type KeyObject, randomInt } from "node:crypto";
import { openSshBegin, openSshEnd, openSshKeyType, openSshMagic, readOpenSshKey } from "../../contract/index.ts";

/** ed25519 key pairs in OpenSSH's own private key format, which both Pulumi's SSH client and the air-gapped one read. */

/** `ssh-ed25519 AAAA…` of a private key. Throws a RangeError with the fault for anything that `sshKeyFault` refuses. */
export function publicKeyOf(privateKey: string): string {
  const parsed = readOpenSshKey(privateKey);
  if (parsed.kind === "fault") throw new RangeError(parsed.fault);
  return `${openSshKeyType} ${parsed.publicBlob.toString("base64")}`;
}

/** What is wrong with a private key, without saying any of it, or `undefined`. */
export function sshKeyFault(privateKey: string): string | undefined {
  const parsed = readOpenSshKey(privateKey);
  return parsed.kind === "fault" ? parsed.fault : undefined;
}

/** A new key pair; `comment` stands in the file for people. */
export function generateSshKey(comment: string): string {
  const { seed, publicHalf } = rawHalves(generateKeyPairSync("ed25519").privateKey);
  const publicBlob = Buffer.concat([field(openSshKeyType), field(publicHalf)]);
  const check = number(randomInt(2 ** 32 - 1));
  const section = Buffer.concat([
    check,
    check,
    field(openSshKeyType),
    field(publicHalf),
    field(Buffer.concat([seed, publicHalf])),
    field(comment),
  ]);
  // The section is padded with 1, 2, 3 … to the block size of the cipher, which is 8 for "none".
  const padding = Buffer.from(Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, index) => index + 1));
  const whole = Buffer.concat([
    openSshMagic,
    field("none"),
    field("none"),
    field(""),
    number(1),
    field(publicBlob),
    field(Buffer.concat([section, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  return [openSshBegin, ...lines, openSshEnd, ""].join("\n");
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
