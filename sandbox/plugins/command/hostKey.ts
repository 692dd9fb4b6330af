import type { ConnectConfig, ServerHostKeyAlgorithm } from "ssh2";
import { timingSafeEqual } from "node:crypto";

/**
 * Settings that accept exactly one host key, given as in an `authorized_keys` file: `ssh-ed25519 AAAA… comment`. Only that key's algorithm is
 * offered to the server. An RSA key therefore means `ssh-rsa` with SHA-1, as upstream has it, which OpenSSH 8.8 and later refuse.
 */
export function parseHostKey(line: string): Pick<ConnectConfig, "algorithms" | "hostVerifier"> {
  const fields = line
    .split("\n")
    .map((one) => one.trim())
    .filter((one) => one !== "" && !one.startsWith("#"))
    .flatMap((one) => one.split(/\s+/));
  const at = fields.findIndex((field) => /^(ssh-|ecdsa-|sk-)/.test(field));
  const [type, encoded] = [fields[at], fields[at + 1]];
  const wanted = Buffer.from(encoded ?? "", "base64");
  if (type === undefined || encoded === undefined || embeddedType(wanted) !== type)
    throw new Error("failed to parse host key: ssh: no key found");
  return {
    algorithms: { serverHostKey: [type as ServerHostKeyAlgorithm] },
    hostVerifier: (offered: Buffer) => offered.length === wanted.length && timingSafeEqual(offered, wanted),
  };
}

/** The algorithm's name stands first in the key itself, after its length. */
function embeddedType(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  return key.length < 4 + length ? undefined : key.subarray(4, 4 + length).toString("latin1");
}
