import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces a file in one step, readable by its owner only: a reader sees the old or the new content, never half of one. */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  await replaceFile(path, content, 0o600);
}

/** Replaces a file in one step. */
export async function replaceFile(path: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  await writeFile(temporary, content, { mode });
  await rename(temporary, path);
}

/** Content of a text file, or `undefined` when it does not exist. Any other failure is thrown. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
