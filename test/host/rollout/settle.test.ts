import assert from "node:assert/strict";
import { settle } from "../../../host/rollout/settle.ts";
import { attemptOn, bothColours, testContext } from "./world.ts";
import type { TestContext } from "./world.ts";

describe("host/rollout/settle", () => {
  let context: TestContext;
  beforeEach(async () => {
    context = await testContext();
    bothColours(context.docker);
    context.docker.change("shop-prod-green-api-1", { status: "running", running: true, health: "healthy" });
  });

  it("sees that a container died between the switch and the beginning of the watch", async () => {
    context.docker.change("shop-prod-green-api-1", { restarts: 1 });
    await assert.rejects(settle(await attemptOn(context)), {
      code: "settle_failed",
      message: "api: died, and Docker started it again after it had begun to serve",
    });
  });

  it("sees that a container was removed in that time", async () => {
    const attempt = await attemptOn(context);
    context.docker.list.delete("shop-prod-green-api-1");
    await assert.rejects(settle(attempt), { code: "settle_failed", message: "api: was removed after it had begun to serve" });
  });
});
