import assert from "node:assert/strict";
import fc from "fast-check";
import { inOrder } from "../../../host/rollout/inOrder.ts";

/** Names in an order in which each depends only on earlier ones, shuffled before use. */
const graphs = fc.integer({ min: 1, max: 8 }).chain((count) =>
  fc.tuple(
    fc.shuffledSubarray(
      Array.from({ length: count }, (_, index) => `s${index}`),
      { minLength: count },
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 15 }).map((pairs) =>
      pairs
        .map(([a, b]) => [a % count, b % count] as const)
        .filter(([a, b]) => a > b)
        .map(([a, b]) => [`s${a}`, `s${b}`] as const),
    ),
  ),
);

describe("host/rollout/inOrder", () => {
  it("does every work once, and each after what it depends on", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.scheduler(), async ([names, edges], scheduler) => {
        const ended: string[] = [];
        const done = inOrder(
          names,
          (name) => edges.flatMap(([from, to]) => (from === name ? [to] : [])),
          async (name) => {
            for (const [from, to] of edges) if (from === name) assert.ok(ended.includes(to), `${name} began before ${to} had ended`);
            await scheduler.schedule(Promise.resolve());
            ended.push(name);
          },
        );
        await scheduler.waitFor(done);
        assert.deepEqual([...ended].sort(), [...names].sort());
      }),
    );
  });

  it("begins nothing that depends on a failure", async () => {
    const begun: string[] = [];
    const work = (name: string): Promise<void> => {
      begun.push(name);
      return name === "a" ? Promise.reject(new Error("a failed")) : Promise.resolve();
    };
    await assert.rejects(
      inOrder(["c", "b", "a"], (name) => ({ c: ["b"], b: ["a"] })[name] ?? [], work),
      { message: "a failed" },
    );
    assert.deepEqual(begun, ["a"]);
  });

  it("refuses a circle instead of waiting for ever", async () => {
    await assert.rejects(
      inOrder(
        ["a", "b"],
        (name) => [name === "a" ? "b" : "a"],
        () => Promise.resolve(),
      ),
      { name: "RangeError", message: "a -> b -> a: depends on itself" },
    );
  });
});
