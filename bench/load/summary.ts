import type { Sample } from "./openLoop.ts";

export interface LoadSummary {
  readonly requests: number;
  readonly failed: number;
  /** Failures by kind, most frequent first. */
  readonly failures: Readonly<Record<string, number>>;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  readonly maximumMilliseconds: number;
  /** Longest time between two successful answers, in order of when they were due. */
  readonly longestGapMilliseconds: number;
  /** Releases in the order in which they first answered. */
  readonly releases: readonly string[];
}

/** What a load saw, in all and by class of connection. */
export function summarize(samples: readonly Sample[]): {
  readonly all: LoadSummary;
  readonly classes: Readonly<Record<string, LoadSummary>>;
} {
  const names = [...new Set(samples.map((sample) => sample.class))].sort();
  return {
    all: summaryOf(samples),
    classes: Object.fromEntries(names.map((name) => [name, summaryOf(samples.filter((sample) => sample.class === name))])),
  };
}

function summaryOf(samples: readonly Sample[]): LoadSummary {
  const good = samples.filter((sample) => sample.failure === undefined);
  const times = good.map((sample) => sample.milliseconds).sort((a, b) => a - b);
  const gaps = good.slice(1).map((sample, index) => sample.at - (good[index]?.at ?? sample.at));
  const failures = new Map<string, number>();
  for (const { failure } of samples) if (failure !== undefined) failures.set(failure, (failures.get(failure) ?? 0) + 1);
  return {
    requests: samples.length,
    failed: samples.length - good.length,
    failures: Object.fromEntries([...failures].sort(([, a], [, b]) => b - a)),
    p50Milliseconds: quantile(times, 0.5),
    p99Milliseconds: quantile(times, 0.99),
    maximumMilliseconds: times.at(-1) ?? NaN,
    longestGapMilliseconds: gaps.length === 0 ? NaN : Math.max(...gaps),
    releases: [...new Set(good.flatMap(({ release }) => (release === undefined ? [] : [release])))],
  };
}

/** Nearest rank; NaN of nothing. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}
