import assert from "node:assert/strict";
import { lacks } from "../../../host/rollout/wholeness.ts";
import { manifest } from "../fixtures.ts";
import { bothColours, testContext } from "./world.ts";
import type { TestContext } from "./world.ts";

describe("host/rollout/wholeness", () => {
  let context: TestContext;
  const found = async (isUnfinished = false): Promise<string[]> =>
    (await lacks(manifest(), "blue", isUnfinished, context)).map((lack) => lack.replace(/;.*/, ""));

  beforeEach(async () => {
    context = await testContext();
    bothColours(context.docker);
  });

  it("finds nothing where every service runs, whatever became of its jobs and of the other colour", async () => {
    context.docker.list.delete("shop-prod-blue-setup-1");
    context.docker.list.delete("shop-prod-green-api-1");
    assert.deepEqual(await found(), []);
  });

  it("names what was removed, and what was stopped", async () => {
    context.docker.list.delete("shop-prod-blue-api-1");
    context.docker.change("shop-prod-blue-worker-1", { running: false, status: "exited" });
    assert.deepEqual(await found(), ["api: 0 of 1 running", "worker: 0 of 1 running"]);
  });

  it("leaves out what an unfinished attempt may have handed over", async () => {
    for (const service of ["api", "beat", "worker"]) context.docker.list.delete(`shop-prod-blue-${service}-1`);
    assert.deepEqual(await found(true), ["api: 0 of 1 running"]);
  });
});
