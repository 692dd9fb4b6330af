import assert from "node:assert/strict";
import { pairedRatio, spreadOf } from "../../../bench/shared/statistics.ts";

describe("statistics of a benchmark", () => {
  it("median and quartiles lie between values where there is none in the middle", () => {
    assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, lowerQuartile: 1.75, upperQuartile: 3.25, count: 4 });
    assert.deepEqual(spreadOf([7]), { median: 7, lowerQuartile: 7, upperQuartile: 7, count: 1 });
  });

  it("of nothing there is no median", () => {
    assert.throws(() => spreadOf([]), /no values/);
  });

  it("the ratio is that of the medians, its spread that of the pairs", () => {
    const ratio = pairedRatio([2, 4, 9], [1, 2, 3]);
    assert.equal(ratio.median, 2);
    assert.deepEqual([ratio.lowerQuartile, ratio.upperQuartile], [2, 2.5]);
  });

  it("sides of different length are no pairs", () => {
    assert.throws(() => pairedRatio([1, 2], [1]), /2 values cannot be paired with 1/);
  });
});
