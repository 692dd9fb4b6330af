/**
 * All tests, kind by kind, cheapest first: `npm test [-- KIND …]`. Ends with what failed, a table of counts and the line `N passed, N failed`.
 * A kind that ran no test counts as a failure: a pattern that matches nothing must not look like success.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Table from "cli-table3";
import { installPrerequisites } from "../sandbox/prerequisites.ts";
import { beginGoTools } from "../toolchain/goTool.ts";
import { readTestRecord, recordingTo, type TestRecord } from "../toolchain/testRecord.ts";
import { kinds, type Kind } from "./kinds.ts";

interface Result extends TestRecord {
  readonly kind: Kind;
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
const beside = chosen.filter((kind) => kind.beside === true);
const watched = chosen.filter((kind) => kind.beside !== true);
const lanes = await Promise.all([runLane(watched, true), runLane(beside, watched.length === 0)]);
const results = lanes.flat().toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));

for (const { kind, failures } of results) {
  for (const { title, message } of failures) process.stdout.write(`\n✘ ${kind.name}: ${title}\n${excerpt(message)}\n`);
}
const table = new Table({
  head: ["kind", "passed", "failed", "seconds"],
  colAligns: ["left", "right", "right", "right"],
  style: { head: [], border: [] },
});
for (const { kind, passed, failed, seconds } of results) table.push([kind.name, passed, failed, seconds.toFixed(0)]);
const total = (field: "passed" | "failed"): number => results.reduce((sum, counts) => sum + counts[field], 0);
process.stdout.write(`\n${table.toString()}\n\n${total("passed")} passed, ${total("failed")} failed\n`);
process.exitCode = total("failed") === 0 ? 0 : 1;

/** Runs kinds one after the other. Where it is not watched, what a kind prints is shown whole when the kind has ended. */
async function runLane(lane: readonly Kind[], isWatched: boolean): Promise<Result[]> {
  const done: Result[] = [];
  for (const kind of lane) {
    const header = `\n==> ${kind.name}: ${kind.what}\n`;
    if (isWatched) process.stdout.write(header);
    const { result, output } = await run(kind, isWatched ? "inherit" : "pipe");
    if (!isWatched) process.stdout.write(`${header}${output}==> ${kind.name}: ${result.passed} passed, ${result.failed} failed\n\n`);
    done.push(result);
  }
  return done;
}

async function run(kind: Kind, stdio: "inherit" | "pipe"): Promise<{ readonly result: Result; readonly output: string }> {
  const started = performance.now();
  const directory = mkdtempSync(join(tmpdir(), "terrace-test-"));
  const recordFile = join(directory, "record.json");
  const mocha = ["node_modules/mocha/bin/mocha.js", "--reporter", "test/reporter.ts", "--timeout", String(kind.timeoutSeconds * 1000)];
  const arguments_ = kind.program === undefined ? [...mocha, ...kind.files] : [kind.program];
  let output = "";
  const exitCode = await new Promise<number | null>((done, reject) => {
    // What light tests leave in the temporary directory goes with it; a sandbox that another kind starts may outlive its run.
    const env = { ...recordingTo(recordFile), ...(kind.light === true && { TMPDIR: directory }) };
    const child = spawn(process.execPath, arguments_, { cwd: root, stdio, env });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.once("error", reject);
    child.once("close", done);
  });
  const record = readTestRecord(recordFile);
  rmSync(directory, { recursive: true, force: true });
  // Mocha's exit code also tells of faults outside any test, such as a file that does not load.
  const failed = exitCode === 0 && record.passed > 0 ? record.failed : Math.max(1, record.failed);
  return { result: { ...record, failed, kind, seconds: (performance.now() - started) / 1000 }, output };
}

/** The beginning and the end of a long message, in whole lines, indented. */
function excerpt(message: string): string {
  const lines = message.trimEnd().split("\n");
  const shown = lines.length <= 60 ? lines : [...lines.slice(0, 40), `… ${lines.length - 60} lines …`, ...lines.slice(-20)];
  return shown.map((line) => `    ${line}`).join("\n");
}
