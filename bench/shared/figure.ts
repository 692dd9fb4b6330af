import type { Spread } from "./statistics.ts";

/** One line of the summary: a claim, both sides of it, and how it came out. */
export interface Figure {
  /** Number of the performance bar, such as P3. */
  readonly bar: string;
  readonly what: string;
  /** Each with its unit. */
  readonly ours: string;
  readonly theirs: string;
  /** Absent where the sides are counts of which one must be nothing. */
  readonly ratio?: Spread;
  readonly limit: string;
  readonly held: boolean;
}

/** What a benchmark gives back; everything in `detail` is kept in its result file. */
export interface BenchResult {
  readonly figures: readonly Figure[];
  readonly method: string;
  readonly detail: unknown;
}

export interface Bench {
  readonly name: string;
  readonly what: string;
  /** Size of the measurement, by name; all are whole numbers. */
  readonly sizes: Readonly<Record<string, number>>;
  run(sizes: Readonly<Record<string, number>>, say: (line: string) => void): Promise<BenchResult>;
}
