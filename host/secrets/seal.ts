import type { Execute } from "../command.ts";

/**
 * Sealing with systemd-creds: AES-256-GCM under a key that only this host has, `/var/lib/systemd/credential.secret` (root, 0400) together
 * with its machine id (systemd-creds(1)). A copy of the sealed files, as a backup of /var/lib/terrace makes it, is worth nothing elsewhere.
 *
 * Never the TPM, also where there is one: what is sealed must open after a firmware update and a move of the disk, since it is what a
 * rollback needs while the secret store is down.
 */
const key = "--with-key=host";

/** systemd's own limit for the plain text of one credential. */
export const maximumSealedBytes = 1024 * 1024;

/** Secrets go in and out by pipe: neither they nor anything made from them stands in arguments. `name` is bound into the sealed text. */
export async function seal(execute: Execute, name: string, plain: string): Promise<string> {
  const bytes = Buffer.byteLength(plain);
  if (bytes > maximumSealedBytes) throw new RangeError(`${name}: ${bytes} bytes are more than systemd-creds seals (${maximumSealedBytes})`);
  const result = await execute({ argv: ["systemd-creds", "--quiet", key, `--name=${name}`, "encrypt", "-", "-"], stdin: plain });
  if (result.exitCode !== 0) throw new Error(`systemd-creds could not seal ${name}: ${words(result.stderr)}`);
  return result.stdout;
}

/** The plain text, or why it cannot be had: sealed on another host, under another name, or damaged. */
export type Unsealed = { readonly kind: "plain"; readonly text: string } | { readonly kind: "unreadable"; readonly what: string };

export async function unseal(execute: Execute, name: string, sealed: string): Promise<Unsealed> {
  const result = await execute({
    argv: ["systemd-creds", "--quiet", `--name=${name}`, "--newline=no", "decrypt", "-", "-"],
    stdin: sealed,
  });
  return result.exitCode === 0 ? { kind: "plain", text: result.stdout } : { kind: "unreadable", what: words(result.stderr) };
}

function words(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !line.includes("is not located on encrypted media"));
  return lines.slice(-2).join(" / ") || "no message";
}
