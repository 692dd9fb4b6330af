import assert from "node:assert/strict";
import fc from "fast-check";
import { judgeHealth } from "../../../host/rollout/judge.ts";
import { watchInstance } from "../../../host/rollout/watch.ts";
import { testContext } from "./world.ts";
import type { TestContext } from "./world.ts";

const id = "shop-prod-green-api-1";

describe("host/rollout/watch", () => {
  let context: TestContext;
  beforeEach(async () => {
    context = await testContext();
    context.docker.add("green", "api", "web", { status: "running", running: true });
    context.docker.add("green", "worker", "worker");
  });

  it("answers at once where there is nothing to wait for", async () => {
    context.docker.change(id, { health: "healthy" });
    const watch = await watchInstance(context, "shop-prod");
    assert.equal((await watch.until(id, judgeHealth, 10_000)) !== "timeout", true);
    watch.close();
  });

  it("sees what happens at whatever moment, without a clock", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 }), fc.integer({ min: 0, max: 6 }), async (noise, delay) => {
        const { docker } = context;
        docker.change(id, { health: "starting" });
        const watch = await watchInstance(context, "shop-prod");
        const ticks = async (count: number): Promise<void> => {
          for (let tick = 0; tick < count; tick += 1) await Promise.resolve();
        };
        const waiting = watch.until(id, judgeHealth, 10_000);
        for (const count of noise) {
          await ticks(count);
          docker.change("shop-prod-green-worker-1", {});
          docker.change(id, {});
        }
        await ticks(delay);
        docker.change(id, { health: "healthy" });
        const judgement = await waiting;
        assert.equal(judgement === "timeout" ? judgement : judgement.kind, "good");
        watch.close();
      }),
      { numRuns: 300 },
    );
  });

  it("gives up when the time is over", async () => {
    const watch = await watchInstance(context, "shop-prod");
    assert.equal(await watch.until(id, judgeHealth, 20), "timeout");
    watch.close();
  });

  it("says that Docker is gone when its events end, to those who wait and to those who come later", async () => {
    const watch = await watchInstance(context, "shop-prod");
    const waiting = watch.until(id, judgeHealth, 10_000);
    context.docker.endEvents();
    await assert.rejects(waiting, { name: "Failure", code: "docker_unreachable" });
    await assert.rejects(watch.until(id, judgeHealth, 10_000), { code: "docker_unreachable" });
  });

  it("ends everybody's wait when it is closed", async () => {
    const watch = await watchInstance(context, "shop-prod");
    const waiting = watch.until(id, judgeHealth, 10_000);
    watch.close();
    await assert.rejects(waiting, { code: "docker_unreachable" });
  });
});
