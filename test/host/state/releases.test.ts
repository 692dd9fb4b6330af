import assert from "node:assert/strict";
import fc from "fast-check";
import { retained, rollbackTarget, withRelease } from "../../../host/state/releases.ts";
import type { ReleaseRecord } from "../../../host/state/releases.ts";

const record = (rollout: number, proven = true): ReleaseRecord => ({
  release: `r${rollout}`,
  releaseId: "a".repeat(64),
  rollout,
  seal: "b".repeat(64),
  version: `1.${rollout}`,
  commit: "abcdef1",
  secrets: null,
  proven,
});
const records = (...list: readonly (number | string)[]): ReleaseRecord[] =>
  list.map((one) => (typeof one === "number" ? record(one) : record(Number(one.slice(0, -1)), false)));
const steps = (count: number) => ({ kind: "steps", steps: count }) as const;
const named = (release: string) => ({ kind: "release", release }) as const;

describe("host/state/releases", () => {
  for (const [what, known, running, wanted, expected] of [
    ["the one before", records(1, 2, 3), "r3", steps(1), "r2"],
    ["two before", records(1, 2, 3), "r3", steps(2), "r1"],
    ["past a failed one", records(1, "2x", 3), "r3", steps(1), "r1"],
    ["further back after a rollback, not to what was taken back", records(1, 2, 3), "r2", steps(1), "r1"],
    ["a named one", records(1, 2, 3), "r3", named("r1"), "r1"],
    ["a named one that is newer", records(1, 2, 3), "r1", named("r3"), "r3"],
    ["too far", records(1, 2), "r2", steps(2), "cannot go back 2: 1 proven release stands before r2"],
    ["nothing before", records(1), "r1", steps(1), "cannot go back 1: 0 proven releases stand before r1"],
    ["nobody knows what runs", records(1, 2), "r9", steps(1), "cannot go back 1: 0 proven releases stand before r9"],
    ["one that is not here", records(1, 2), "r2", named("r9"), 'there is no release "r9" here; there are: r1, r2'],
    ["one that failed", records(1, "2x"), "r1", named("r2"), 'release "r2" never survived its rollout; those that did: r1'],
    ["one that failed, and no other", records("1x"), "r0", named("r1"), 'release "r1" never survived its rollout; those that did: none'],
  ] as const) {
    it(`${what}: ${expected}`, () => {
      const target = rollbackTarget(known, running, wanted);
      assert.equal(target.kind === "found" ? target.record.release : target.what, expected);
    });
  }

  it("steps always lead further back, and only to proven releases", () => {
    const lists = fc
      .array(fc.boolean(), { minLength: 1, maxLength: 30 })
      .map((proven) => proven.map((one, index) => record(index + 1, one)));
    fc.assert(
      fc.property(lists, fc.nat(), fc.integer({ min: 1, max: 5 }), (known, position, count) => {
        const running = known[position % known.length]?.release ?? "";
        const target = rollbackTarget(known, running, steps(count));
        const before = known.filter(({ rollout, proven }) => proven && rollout < Number(running.slice(1)));
        assert.equal(target.kind, before.length >= count ? "found" : "absent");
        if (target.kind === "found") assert.equal(target.record, before[before.length - count]);
      }),
    );
  });

  it("keeps what runs, ten that a rollback can choose and ten for their reports", () => {
    const lists = fc
      .array(fc.boolean(), { maxLength: 60, size: "max" })
      .map((proven) => proven.map((one, index) => record(index + 1, one)));
    fc.assert(
      fc.property(lists, fc.nat(), (known, position) => {
        const running = known[position % Math.max(known.length, 1)]?.release ?? "";
        const kept = retained(known, new Set([running]));
        const names = new Set(kept.map(({ release }) => release));
        assert.ok(known.length === 0 || names.has(running));
        for (const must of [...known.slice(-10), ...known.filter(({ proven }) => proven).slice(-10)]) assert.ok(names.has(must.release));
        assert.ok(kept.length <= 21);
        assert.deepEqual(
          kept,
          known.filter(({ release }) => names.has(release)),
        );
      }),
    );
  });

  it("knows a release once", () => {
    const list = withRelease(records(1, "2x"), record(2));
    assert.deepEqual(list, records(1, 2));
    assert.deepEqual(withRelease(records(2), record(1)), records(1, 2));
  });
});
