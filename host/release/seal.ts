import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join, relative } from "node:path";

/** Name of the list of hashes in a release directory; `sha256sum -c SHA256SUMS` checks it by hand. */
export const sealFile = "SHA256SUMS";
/** Written after the seal, since it tells how the rollout went. */
export const reportFile = "report.json";

/** The seal's text: one line per file, sorted by path, in the form of sha256sum(1). */
export function sealText(files: Readonly<Record<string, string | Uint8Array>>): string {
  return Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, content]) => `${sha256(content)}  ${path}\n`)
    .join("");
}

/** What is wrong with a directory that should carry the seal `expected` (SHA-256 of its SHA256SUMS), or `undefined`. */
export async function sealFault(directory: string, expected: string): Promise<string | undefined> {
  const text = await readFile(join(directory, sealFile), "utf8").catch(() => undefined);
  if (text === undefined) return `${join(directory, sealFile)} is missing`;
  if (sha256(text) !== expected) return `${join(directory, sealFile)} is not the list that was sealed`;
  const promised = new Map(text.split("\n").flatMap((line) => (line === "" ? [] : [[line.slice(66), line.slice(0, 64)] as const])));
  const present = await filesOf(directory);
  for (const path of present) if (!promised.has(path)) return `${join(directory, path)} was added after the release was sealed`;
  for (const [path, hash] of promised) {
    const content = await readFile(join(directory, path)).catch(() => undefined);
    if (content === undefined) return `${join(directory, path)} is missing`;
    if (sha256(content) !== hash) return `${join(directory, path)} was changed after the release was sealed`;
  }
  return undefined;
}

/** Sealed files below a directory, by relative path. */
async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => path !== sealFile && path !== reportFile);
}

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
