/** `npm run settings`: writes the files that are made from the schemas. With `--check` it writes nothing, and fails where one is stale. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles } from "./generated.ts";
import { checkoutRoot } from "./stackFile.ts";

const checkOnly = process.argv.includes("--check");
for (const [path, content] of Object.entries(generatedFiles())) {
  const file = join(checkoutRoot, path);
  if (readIfPresent(file) === content) continue;
  if (checkOnly) {
    process.stderr.write(`${path}: is stale; run "npm run settings" and commit it\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    process.stderr.write(`==> wrote ${path}\n`);
  }
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
