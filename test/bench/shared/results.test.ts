import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { newestResults, summaryTable, type StoredResult } from "../../../bench/shared/results.ts";

const result: StoredResult = {
  name: "rollout",
  measuredAt: "2026-01-02T03:04:05.000Z",
  commit: "abcdef123456",
  machine: { processors: "2 × test", memoryGibibytes: 8, kernel: "6", node: "24", loadBefore: 0 },
  sizes: { rollouts: 5 },
  method: "in a test",
  detail: {},
  figures: [
    { bar: "P3", what: "failed requests", ours: "0 of 10", theirs: "3 of 10", limit: "0 / > 0", held: true },
    {
      bar: "P1",
      what: "wall time",
      ours: "3 s",
      theirs: "2 s",
      ratio: { median: 1.5, lowerQuartile: 1.4, upperQuartile: 1.6, count: 5 },
      limit: "≤ 1.3",
      held: false,
    },
  ],
};

describe("results of benchmarks", () => {
  it("a table has both sides, the ratio with its spread, and marks what was missed", () => {
    const lines = summaryTable([result]).trimEnd().split("\n");
    assert.equal(lines.length, 4);
    assert.match(lines[2] ?? "", /^\| P3 +\| failed requests +\| 0 of 10 +\| 3 of 10 +\| +\| 0 \/ > 0 +\| yes +\| rollout, 2026-01-02 \|$/);
    assert.match(lines[3] ?? "", /\| 1\.50 \(1\.40–1\.60\) +\| ≤ 1\.3 +\| \*\*no\*\* +\|/);
  });

  it("the committed table is the one that the committed results make", async () => {
    const readme = await readFile(join(import.meta.dirname, "../../../bench/README.md"), "utf8");
    const stored = await newestResults();
    const table = stored.length === 0 ? "<!-- results -->" : summaryTable(stored).trimEnd();
    assert.ok(readme.includes(table), 'bench/README.md: its table is older than bench/results; "npm run bench" writes both');
  });
});
