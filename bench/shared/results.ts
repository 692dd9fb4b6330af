import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchResult } from "./figure.ts";
import type { Machine } from "./machine.ts";

export interface StoredResult extends BenchResult {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly measuredAt: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly sizes: Readonly<Record<string, number>>;
}

const directory = join(import.meta.dirname, "../results");
const readme = join(import.meta.dirname, "../README.md");
const [begin, end] = ["<!-- results -->", "<!-- end of results -->"];

/** Keeps a result as a dated file (a later one of the same day replaces it) and makes the table of `bench/README.md` anew. */
export async function storeResult(result: StoredResult): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${result.measuredAt.slice(0, 10)}-${result.name}.json`);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  await writeSummary();
  return file;
}

/** The newest result of each benchmark, as it is on disk. */
export async function newestResults(): Promise<readonly StoredResult[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(".json")).sort();
  const results = await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(directory, file), "utf8")) as StoredResult));
  return [...new Map(results.map((result) => [result.name, result])).values()];
}

async function writeSummary(): Promise<void> {
  const text = await readFile(readme, "utf8");
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`bench/README.md: has no place for the table between ${begin} and ${end}`);
  await writeFile(readme, `${text.slice(0, before + begin.length)}\n\n${summaryTable(await newestResults())}\n${text.slice(after)}`);
}

/** Markdown, padded as Prettier pads it, so that a new result leaves the formatting as it was. */
export function summaryTable(results: readonly StoredResult[]): string {
  const rows = results.flatMap(({ name, measuredAt, figures }) =>
    figures.map(({ bar, what, ours, theirs, ratio, limit, held }) => [
      bar,
      what,
      ours,
      theirs,
      ratio === undefined ? "" : `${ratio.median.toFixed(2)} (${ratio.lowerQuartile.toFixed(2)}–${ratio.upperQuartile.toFixed(2)})`,
      limit,
      held ? "yes" : "**no**",
      `${name}, ${measuredAt.slice(0, 10)}`,
    ]),
  );
  const head = ["bar", "what", "ours", "control", "ratio (quartiles)", "limit", "held", "from"];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line), ""].join("\n");
}
