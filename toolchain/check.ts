/** `npm run check`: everything that must hold of the text itself. Tells all that fails, not only the first. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { writeTestRecord } from "./testRecord.ts";

interface Check {
  readonly name: string;
  /** Arguments of node. */
  readonly command: readonly string[];
  /** What a person does when it fails. */
  readonly remedy: string;
}

const root = resolve(import.meta.dirname, "..");
const checks: readonly Check[] = [
  { name: "format", command: ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."], remedy: "npm run format" },
  { name: "generated files", command: ["src/settings/generate.ts", "--check"], remedy: "npm run settings" },
  { name: "types", command: ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "."], remedy: "correct the types" },
  {
    name: "lint",
    command: ["node_modules/eslint/bin/eslint.js", "--max-warnings=0", "."],
    remedy: "correct the code, or waive the line with its reason",
  },
];

const failures: { readonly title: string; readonly message: string }[] = [];
for (const check of checks) {
  const started = performance.now();
  const { exitCode, output } = await run(check.command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (exitCode === 0) {
    process.stdout.write(`  ✔ ${check.name} (${seconds} s)\n`);
  } else {
    process.stdout.write(`${output}\n  ✘ ${check.name} (${seconds} s): ${check.remedy}\n`);
    failures.push({ title: `${check.name}: ${check.remedy}`, message: output });
  }
}
writeTestRecord({ passed: checks.length - failures.length, failed: failures.length, failures });
process.exitCode = failures.length === 0 ? 0 : 1;

async function run(command: readonly string[]): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [join(root, command[0] ?? ""), ...command.slice(1)], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((done, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => done({ exitCode, output }));
  });
}
