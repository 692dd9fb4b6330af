import assert from "node:assert/strict";
import fc from "fast-check";
import { retained, rollbackTarget, withProven, withRelease } from "../../../host/state/releases.ts";
import type { ReleaseRecord } from "../../../host/state/releases.ts";

const record = (rollout: number, proven = true): ReleaseRecord => ({
  release: `r${rollout}`,
  releaseId: String(rollout).padStart(64, "a"),
  rollout,
  seal: "b".repeat(64),
  version: `1.${rollout}`,
  commit: "abcdef1",
  secrets: null,
  proven,
  before: null,
});
/** Releases that went out one after the other, each proven one on top of the last; `2x` failed. */
const records = (...list: readonly (number | string)[]): ReleaseRecord[] => {
  const all: ReleaseRecord[] = [];
  for (const one of list) {
    const before = all.findLast(({ proven }) => proven)?.release ?? null;
    all.push(typeof one === "number" ? { ...record(one), before } : record(Number(one.slice(0, -1)), false));
  }
  return all;
};
/** An interrupted `record` is done again, and must not change anything then. */
const twice = (known: readonly ReleaseRecord[], release: string, before: string | null): ReleaseRecord[] => {
  const once = withProven(known, release, before);
  assert.deepEqual(withProven(once, release, before), once);
  return once;
};
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
    ["too far", records(1, 2), "r2", steps(2), "cannot go back 2: 1 proven release stands before r2; --release can name: r1"],
    ["nothing before", records(1), "r1", steps(1), "cannot go back 1: 0 proven releases stand before r1"],
    [
      "nobody knows what runs",
      records(1, 2),
      "r9",
      steps(1),
      "cannot go back 1: 0 proven releases stand before r9; --release can name: r1, r2",
    ],
    ["one that is not here", records(1, 2), "r2", named("r9"), 'there is no release "r9" here; there are: r1, r2'],
    ["one that failed", records(1, "2x"), "r1", named("r2"), 'release "r2" never survived its rollout; those that did: r1'],
    ["one that failed, and no other", records("1x"), "r0", named("r1"), 'release "r1" never survived its rollout; those that did: none'],
  ] as const) {
    it(`${what}: ${expected}`, () => {
      const target = rollbackTarget(known, running, wanted);
      assert.equal(target.kind === "found" ? target.record.release : target.what, expected);
    });
  }

  it("takes no step to what is the same as what runs, sent again", () => {
    const [first, second, again] = records(1, 2, 3);
    assert.ok(first !== undefined && second !== undefined && again !== undefined);
    const known = [first, second, { ...again, releaseId: second.releaseId }];
    const target = rollbackTarget(known, "r3", steps(1));
    assert.equal(target.kind === "found" && target.record.release, "r1");
    assert.equal(rollbackTarget(known, "r3", steps(2)).kind, "absent");
  });

  it("counts what went out twice as one step", () => {
    const [first, second, again, running] = records(1, 2, 3, 4);
    assert.ok(first !== undefined && second !== undefined && again !== undefined && running !== undefined);
    const known = [first, second, { ...again, releaseId: second.releaseId }, running];
    const target = (count: number) => rollbackTarget(known, "r4", steps(count));
    assert.deepEqual(
      [target(1), target(2)].map((found) => found.kind === "found" && found.record.release),
      ["r3", "r1"],
    );
    assert.equal(target(3).kind, "absent");
  });

  it("never goes back to what was taken back: one step from what went out afterwards leads to what served before it", () => {
    let known = records(1, 2);
    known = withProven(known, "r1", "r2");
    known = withProven(withRelease(known, record(3, false)), "r3", "r1");
    const target = rollbackTarget(known, "r3", steps(1));
    assert.equal(target.kind === "found" && target.record.release, "r1");
    assert.deepEqual(rollbackTarget(known, "r3", steps(2)), {
      kind: "absent",
      what: "cannot go back 2: 1 proven release stands before r3; --release can name: r1, r2",
    });
  });

  it("goes back to what ran before a rollback that went forward by name", () => {
    const back = withProven(records(1, 2, 3), "r1", "r3");
    const forward = withProven(back, "r3", "r1");
    const target = rollbackTarget(forward, "r3", steps(1));
    assert.equal(target.kind === "found" && target.record.release, "r1");
  });

  it("steps retrace what a person did: rollouts push, rollbacks pop, whatever failed in between", () => {
    const action = fc.oneof(fc.constant("roll out" as const), fc.constant("fail" as const), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        let known: ReleaseRecord[] = [];
        let line: string[] = [];
        for (const one of actions) {
          const running = line.at(-1) ?? null;
          if (typeof one === "string") {
            const next = record(known.length + 1, false);
            known = withRelease(known, next);
            if (one === "fail") continue;
            known = twice(known, next.release, running);
            line = [...line, next.release];
          } else {
            if (running === null) continue;
            const target = rollbackTarget(known, running, steps(one));
            assert.equal(target.kind === "found" ? target.record.release : undefined, line.at(-1 - one));
            if (target.kind === "absent") continue;
            known = twice(known, target.record.release, running);
            line = line.slice(0, -one);
          }
          assert.ok(known.find(({ release }) => release === line.at(-1))?.proven);
        }
      }),
    );
  });

  it("keeps where a step back leads, however many releases were taken back since", () => {
    let known = records(1);
    for (let number = 2; number <= 30; number += 1) {
      known = withProven(withRelease(known, record(number, false)), `r${number}`, "r1");
      known = withProven(known, "r1", `r${number}`);
      known = retained(known, new Set(["r1"]));
    }
    known = withProven(withRelease(known, record(31, false)), "r31", "r1");
    assert.ok(retained(known, new Set(["r31"])).some(({ release }) => release === "r1"));
  });

  it("keeps what runs, ten that a rollback can choose and ten for their reports", () => {
    const lists = fc
      .array(fc.boolean(), { maxLength: 60, size: "max" })
      .map((proven) => records(...proven.map((one, index) => (one ? index + 1 : `${index + 1}x`))));
    fc.assert(
      fc.property(lists, fc.nat(), (known, position) => {
        const running = known[position % Math.max(known.length, 1)]?.release ?? "";
        const kept = retained(known, new Set([running]));
        const names = new Set(kept.map(({ release }) => release));
        assert.ok(known.length === 0 || names.has(running));
        for (const must of [...known.slice(-10), ...known.filter(({ proven }) => proven).slice(-10)]) assert.ok(names.has(must.release));
        assert.ok(kept.length <= 30);
        assert.deepEqual(
          kept,
          known.filter(({ release }) => names.has(release)),
        );
      }),
    );
  });

  it("knows a release once", () => {
    const list = withRelease(records(1, "2x"), record(2));
    assert.deepEqual(list, [record(1), record(2)]);
    assert.deepEqual(withRelease(records(2), record(1)), [record(1), record(2)]);
  });
});
