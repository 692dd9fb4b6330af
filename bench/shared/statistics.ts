/** Middle of the values, and how far they lie apart: half of them lie between the quartiles. */
export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly count: number;
}

/** Throws for no values: a median of nothing would look like a measurement. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error("there are no values to take a median of");
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    lowerQuartile: quantile(sorted, 0.25),
    upperQuartile: quantile(sorted, 0.75),
    count: values.length,
  };
}

/** Ratio of the two medians, and its spread from the ratios of the pairs: what shook the machine shook both sides of a pair. */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} values cannot be paired with ${theirs.length}`);
  const pairs = spreadOf(ours.map((value, index) => value / (theirs[index] ?? Number.NaN)));
  return { ...pairs, median: spreadOf(ours).median / spreadOf(theirs).median };
}

/** Between the two nearest ranks, in proportion. */
function quantile(sorted: readonly number[], part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
