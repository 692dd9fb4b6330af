import assert from "node:assert/strict";
import { ingressName } from "../../../host/ingress/api.ts";
import { readRouterFile, writeRouterFile } from "../../../host/ingress/routerFile.ts";
import { readCurrent, writeCurrent } from "../../../host/state/current.ts";
import { claimInstance } from "../../../host/state/owner.ts";
import { retireVerb } from "../../../host/verbs/retire.ts";
import { current, rolloutRequest } from "../fixtures.ts";
import { bothColours, testContext } from "../rollout/world.ts";
import type { TestContext } from "../rollout/world.ts";

describe("host/verbs/retire", () => {
  const request = rolloutRequest();
  let context: TestContext;
  beforeEach(async () => {
    context = await testContext();
    bothColours(context.docker);
    await claimInstance(context, "shop-prod", request.manifest.owner);
    await writeCurrent(context.paths, current());
    await writeRouterFile(context.paths, "shop-prod", "http: {}\n");
  });

  const nothingIsLeft = async (): Promise<void> => {
    assert.deepEqual([...context.docker.list.keys()], [ingressName]);
    assert.equal(await readRouterFile(context.paths, "shop-prod"), undefined);
    assert.equal(await readCurrent(context.paths, "shop-prod"), undefined);
  };

  it("stops nothing before Traefik has taken the routes away", async () => {
    context.ingress.confirmed = (_instance, text) => {
      assert.deepEqual([text, context.docker.calls], [undefined, []]);
      return Promise.resolve();
    };
    const ending = await retireVerb.run(request, context);
    assert.equal(ending.kind === "succeeded" && ending.result.outcome, "deployed");
    await nothingIsLeft();
  });

  it("does not need an ingress that runs: it would read no routes when it starts", async () => {
    context.docker.change(ingressName, { running: false, status: "exited" });
    context.ingress.confirmed = () => Promise.reject(new Error("was asked"));
    const ending = await retireVerb.run(request, context);
    assert.equal(ending.kind === "succeeded" && ending.result.outcome, "deployed");
    await nothingIsLeft();
  });

  it("does it once", async () => {
    await retireVerb.run(request, context);
    const again = await retireVerb.run(request, context);
    assert.equal(again.kind === "succeeded" && again.result.outcome, "unchanged");
  });
});
