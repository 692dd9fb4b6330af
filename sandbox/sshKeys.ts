import { execa } from "execa";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { readIfPresent } from "./shared/files.ts";

/** Key types of a freshly installed OpenSSH server. All three are made: a client that pins one must not be offered only that. */
export const hostKeyTypes = ["ed25519", "ecdsa", "rsa"] as const;
export type SshKeyType = (typeof hostKeyTypes)[number];

export interface SshKeyPair {
  /** OpenSSH's own private key format, ends with a newline. */
  readonly privateKey: string;
  /** `<type> <base64> <comment>`, no newline. */
  readonly publicKey: string;
}

/** Reads the key pair at `path` and `path.pub`, making it when absent. */
export async function sshKeyPair(path: string, type: SshKeyType, comment: string): Promise<SshKeyPair> {
  const present = await readKeyPair(path);
  if (present !== undefined) return present;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // The private key gets its final name last: where it is, its public key is too.
  const temporary = `${path}.new`;
  await Promise.all([rm(temporary, { force: true }), rm(`${temporary}.pub`, { force: true })]);
  await execa("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", comment, "-f", temporary], { stdin: "ignore" });
  await rename(`${temporary}.pub`, `${path}.pub`);
  await rename(temporary, path);
  const made = await readKeyPair(path);
  if (made === undefined) throw new Error(`ssh-keygen: ended well but left no key at ${path}`);
  return made;
}

async function readKeyPair(path: string): Promise<SshKeyPair | undefined> {
  const [privateKey, publicKey] = await Promise.all([readIfPresent(path), readIfPresent(`${path}.pub`)]);
  return privateKey === undefined || publicKey === undefined ? undefined : { privateKey, publicKey: publicKey.trim() };
}

/** A public key as `known_hosts` and `hostKey` settings want it: without the comment. */
export function withoutComment(publicKey: string): string {
  return publicKey.split(" ").slice(0, 2).join(" ");
}
