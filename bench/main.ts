/** `npm run bench -- NAME [--size N …]`: measures, keeps the result as a dated file and makes the table of `bench/README.md` anew. */
import { execFileSync } from "node:child_process";
import { relative } from "node:path";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { previewBench } from "./preview/previewBench.ts";
import { rolloutBench } from "./rollout/rolloutBench.ts";
import type { Bench } from "./shared/figure.ts";
import { describeMachine } from "./shared/machine.ts";
import { storeResult } from "./shared/results.ts";

const benches: readonly Bench[] = [rolloutBench, previewBench];

const program = new Command("bench").description("Measurements, always of two sides in one run. Leave the machine alone meanwhile.");
for (const bench of benches) {
  const command = program.command(bench.name).description(bench.what).option("--dry", "keeps no result");
  for (const [size, value] of Object.entries(bench.sizes)) command.option(`--${size} <number>`, "how many", wholeNumber, value);
  command.action(async ({ dry, ...sizes }: { dry?: true } & Record<string, number>) => measure(bench, sizes, dry !== true));
}
await program.parseAsync();
// The sandbox's client keeps nothing open that matters, but a benchmark must end.
process.exit();

async function measure(bench: Bench, sizes: Readonly<Record<string, number>>, keep: boolean): Promise<void> {
  const machine = describeMachine();
  const measuredAt = new Date().toISOString();
  const result = await bench.run(sizes, (line) => process.stderr.write(`    ${line}\n`));
  const table = new Table({ head: ["bar", "what", "ours", "control", "ratio", "limit", "held"], style: { head: [], border: [] } });
  for (const { bar, what, ours, theirs, ratio, limit, held } of result.figures)
    table.push([bar, what, ours, theirs, ratio?.median.toFixed(2) ?? "", limit, held ? "yes" : "no"]);
  process.stdout.write(`${table.toString()}\n`);
  if (!keep) return;
  const commit = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" }).trim();
  const file = await storeResult({ name: bench.name, measuredAt, commit, machine, sizes, ...result });
  process.stdout.write(`kept in ${relative(process.cwd(), file)}\n`);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError(`expected a whole number above 0, got "${text}"`);
  return Number(text);
}
