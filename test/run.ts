/**
 * All tests, kind by kind, cheapest first: `npm test [-- KIND …]`. Ends with a table of counts and the line `N passed, N failed`.
 * A kind that ran no test counts as a failure: a pattern that matches nothing must not look like success.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Table from "cli-table3";
import { installPrerequisites } from "../sandbox/prerequisites.ts";
import { beginGoTools } from "../toolchain/goTool.ts";
import { kinds, type Kind } from "./kinds.ts";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

const root = resolve(import.meta.dirname, "..");
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !kinds.some((kind) => kind.name === name));
if (unknown.length > 0) {
  process.stderr.write(`no such kind of test: ${unknown.join(", ")}; there are ${kinds.map((kind) => kind.name).join(", ")}\n`);
  process.exit(2);
}

// Unit tests, too, speak with real programs: ssh, flock.
await installPrerequisites();
const chosen = kinds.filter(({ name }) => asked.length === 0 || asked.includes(name));
if (chosen.some(({ light }) => light !== true)) beginGoTools();
const results: [Kind, Counts][] = [];
for (const kind of chosen) {
  process.stdout.write(`\n==> ${kind.name}: ${kind.what}\n`);
  results.push([kind, await run(kind)]);
}

const table = new Table({
  head: ["kind", "passed", "failed", "seconds"],
  colAligns: ["left", "right", "right", "right"],
  style: { head: [], border: [] },
});
for (const [kind, { passed, failed, seconds }] of results) table.push([kind.name, passed, failed, seconds.toFixed(0)]);
const total = (field: "passed" | "failed"): number => results.reduce((sum, [, counts]) => sum + counts[field], 0);
process.stdout.write(`\n${table.toString()}\n\n${total("passed")} passed, ${total("failed")} failed\n`);
process.exitCode = total("failed") === 0 ? 0 : 1;

async function run(kind: Kind): Promise<Counts> {
  const started = performance.now();
  const directory = mkdtempSync(join(tmpdir(), "terrace-test-"));
  const countsFile = join(directory, "counts.json");
  const mocha = ["node_modules/mocha/bin/mocha.js", "--reporter", "test/reporter.ts", "--timeout", String(kind.timeoutSeconds * 1000)];
  const arguments_ = kind.program === undefined ? [...mocha, ...kind.files] : [kind.program];
  const exitCode = await new Promise<number | null>((done, reject) => {
    const child = spawn(process.execPath, arguments_, {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, TERRACE_TEST_COUNTS: countsFile },
    });
    child.once("error", reject);
    child.once("exit", done);
  });
  const counts = readCounts(countsFile);
  rmSync(directory, { recursive: true, force: true });
  // Mocha's exit code also tells of faults outside any test, such as a file that does not load.
  const failed = exitCode === 0 && counts.passed > 0 ? counts.failed : Math.max(1, counts.failed);
  return { passed: counts.passed, failed, seconds: (performance.now() - started) / 1000 };
}

function readCounts(file: string): { passed: number; failed: number } {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { passed: number; failed: number };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
