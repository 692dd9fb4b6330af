import assert from "node:assert/strict";
import { dataVerb } from "../../../host/data/data.ts";
import { Failure } from "../../../host/ending.ts";
import { claimInstance } from "../../../host/state/owner.ts";
import { readHistory } from "../../../host/state/history.ts";
import type { DataRequest } from "../../../contract/index.ts";
import { testContext } from "../rollout/world.ts";
import type { TestContext } from "../rollout/world.ts";

const request: DataRequest = {
  contract: 1,
  request: "data",
  epoch: 1,
  instance: "shop-prod",
  app: "shop",
  environment: "prod",
  owner: { project: "shop", stack: "prod" },
  document: null,
  volumes: [],
  variables: {},
  secrets: null,
  healthTimeoutSeconds: 30,
};

/** An app that keeps nothing: only its network is made. */
describe("host/data", () => {
  let context: TestContext;
  const unreachable = new Failure("aborted", "docker_unreachable", "Docker does not answer");

  beforeEach(async () => {
    context = await testContext();
    context.docker.network = () => Promise.resolve(undefined);
    context.docker.createNetwork = () => Promise.resolve();
    await claimInstance(context, request.instance, request.owner);
  });

  /** The first time is that of the beginning; the next one is the report's. */
  const fullDisk = (): TestContext => {
    let asked = 0;
    const now = (): Date => {
      if ((asked += 1) > 1) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      return new Date(0);
    };
    return { ...context, clock: { ...context.clock, now } };
  };
  const outcomes = async (): Promise<string[]> =>
    (await readHistory(context.paths, "shop-prod")).map(({ outcome, code }) => `${outcome} ${code}`);

  it("writes down what was done", async () => {
    const ending = await dataVerb.run(request, context);
    assert.deepEqual(ending, {
      kind: "succeeded",
      result: { outcome: "deployed", code: "ok", what: "shop-prod: network shop-prod-data made", instance: "shop-prod", rollout: 1 },
    });
    assert.deepEqual(await outcomes(), ["deployed ok"]);
  });

  it("is done also where there is no room to write it down", async () => {
    const ending = await dataVerb.run(request, fullDisk());
    assert.equal(ending.kind === "succeeded" && ending.result.outcome, "deployed");
    assert.deepEqual(await outcomes(), []);
    assert.ok(context.lines.includes("no report: Error: ENOSPC: no space left on device, write"), context.lines.join("\n"));
  });

  it("fails as it failed where there is no room to write it down, or nobody to ask for evidence", async () => {
    context.docker.createNetwork = () => Promise.reject(unreachable);
    await assert.rejects(dataVerb.run(request, fullDisk()), unreachable);
    context.docker.containers = () => Promise.reject(new Error("nobody there"));
    await assert.rejects(dataVerb.run(request, context), unreachable);
    assert.deepEqual(await outcomes(), ["aborted docker_unreachable"]);
  });
});
