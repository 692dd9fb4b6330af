import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { access, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { takeLock } from "./lock.ts";
import { cacheDirectory } from "./paths.ts";

/** Hash of everything an entry is made from. Order matters; strings and buffers only, so that nothing is hashed by accident. */
export function cacheKey(...inputs: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const input of inputs) {
    hash.update(`${input.length}:`);
    hash.update(input);
  }
  return hash.digest("hex").slice(0, 24);
}

/**
 * A folder of the cache, made by `build` when absent. `build` fills a temporary folder that is renamed into place only when it returns,
 * so a half-made entry is never seen; concurrent callers wait for the one that builds.
 */
export async function cached(kind: string, key: string, build: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(cacheDirectory, kind, key);
  if (await exists(directory)) return directory;
  const lock = await takeLock(join(cacheDirectory, "locks", `${kind}-${key}`));
  try {
    if (await exists(directory)) return directory;
    await removeUnfinished(join(cacheDirectory, kind), `.tmp-${key}-`);
    const temporary = join(cacheDirectory, kind, `.tmp-${key}-${randomBytes(4).toString("hex")}`);
    await mkdir(temporary, { recursive: true });
    try {
      await build(temporary);
      await rename(temporary, directory);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
    return directory;
  } finally {
    await lock?.release();
  }
}

/**
 * Whoever began these was killed: their lock is ours now. Best effort, and never into another file system: a killed builder of a root may
 * have left /dev mounted in it.
 */
async function removeUnfinished(directory: string, prefix: string): Promise<void> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.startsWith(prefix));
  if (names.length === 0) return;
  const paths = names.map((name) => join(directory, name));
  await new Promise<void>((resolve) => execFile("rm", ["--recursive", "--force", "--one-file-system", "--", ...paths], () => resolve()));
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
