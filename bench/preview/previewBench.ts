import type { Bench, BenchResult, Figure } from "../shared/figure.ts";
import { pairedRatio, spreadOf } from "../shared/statistics.ts";
import { type Sides, withSides } from "./sides.ts";
import type { Cost } from "./timedRun.ts";

const method = `Staging is up in a sandbox of its own, so nothing is to be done; every run is made to fail if it would do something. The control is
an empty program in plain JavaScript with the same three explicit providers, in the same backend, on the same engine, plugins and compile
cache. Rounds of three: the control, a preview and an \`up\` of staging, in turns forwards and backwards, after one round that is not counted.
Processor time is user and system time of the engine and all it starts. Servers and services of the sandbox share this one machine.`;

/** P13 and P15 of the performance bars. */
export const previewBench: Bench = {
  name: "preview",
  what: "preview and up with nothing to do: ours, and an empty program with the same providers",
  sizes: { rounds: 12 },
  run: ({ rounds = 12 }, say) => withSides(say, (sides) => measure(sides, rounds, say)),
};

type SideName = "empty" | "preview" | "up";
const names: readonly SideName[] = ["empty", "preview", "up"];

async function measure(sides: Sides, rounds: number, say: (line: string) => void): Promise<BenchResult> {
  const costs: Record<SideName, Cost[]> = { empty: [], preview: [], up: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const cost = await sides[name]();
      if (round > 0) costs[name].push(cost);
    }
    if (round > 0) say(`round ${round} of ${rounds}: ${names.map((name) => `${name} ${told(costs[name].at(-1))}`).join(", ")}`);
  }
  return { figures: figures(costs), method, detail: { engine: sides.engine, costs } };
}

function told(cost: Cost | undefined): string {
  return cost === undefined ? "nothing" : `${cost.wallSeconds.toFixed(2)} s (processor ${cost.processorSeconds.toFixed(2)} s)`;
}

function figures({ empty, preview, up }: Readonly<Record<SideName, readonly Cost[]>>): readonly Figure[] {
  return [
    figure("P13", "preview with nothing to do / an empty program", wall(preview), wall(empty), 1.25),
    figure("P13", "the same in processor time", processor(preview), processor(empty), 1.25),
    figure("P15", "up with nothing to do / preview with nothing to do", wall(up), wall(preview), 1.3),
  ];
}

const wall = (costs: readonly Cost[]): readonly number[] => costs.map((cost) => cost.wallSeconds);
const processor = (costs: readonly Cost[]): readonly number[] => costs.map((cost) => cost.processorSeconds);

function figure(bar: string, what: string, ours: readonly number[], theirs: readonly number[], limit: number): Figure {
  const ratio = pairedRatio(ours, theirs);
  return { bar, what, ours: seconds(ours), theirs: seconds(theirs), ratio, limit: `≤ ${limit}`, held: ratio.median <= limit };
}

const seconds = (values: readonly number[]): string => `${spreadOf(values).median.toFixed(2)} s`;
