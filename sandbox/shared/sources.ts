import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Paths and contents of all TypeScript files below a folder, in a fixed order: what a cache key of something that is bundled from them needs. */
export async function sources(directory: string): Promise<string[]> {
  const files = (await readdir(directory, { recursive: true })).filter((path) => path.endsWith(".ts")).sort();
  const contents = await Promise.all(files.map((path) => readFile(join(directory, path), "utf8")));
  return files.flatMap((path, index) => [path, contents[index] ?? ""]);
}
