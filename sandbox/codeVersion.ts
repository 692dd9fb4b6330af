import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheKey } from "./shared/cache.ts";

/** Not loaded by the supervisor: other people's processes run them. */
const elsewhere = ["plugins/", "images/", "resolver/"];

/** Hash of the code that a supervisor of this checkout would load now. */
export async function codeVersion(): Promise<string> {
  const files: string[] = [];
  for await (const file of glob("**/*.ts", { cwd: import.meta.dirname })) {
    if (!elsewhere.some((folder) => file.startsWith(folder))) files.push(file);
  }
  files.sort();
  return cacheKey(...files, ...(await Promise.all(files.map((file) => readFile(join(import.meta.dirname, file))))));
}
