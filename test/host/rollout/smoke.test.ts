import assert from "node:assert/strict";
import { readRouterFile } from "../../../host/ingress/routerFile.ts";
import { IngressView } from "../../../host/ingress/view.ts";
import { failedAttempt } from "../../../host/rollout/ending.ts";
import { smoke } from "../../../host/rollout/smoke.ts";
import { claimInstance } from "../../../host/state/owner.ts";
import { attemptOn, bothColours, testContext } from "./world.ts";
import type { TestContext } from "./world.ts";

describe("host/rollout/smoke", () => {
  let context: TestContext;
  /** What Traefik shows once it has taken the candidate's routers of `shop-prod`. */
  let shown: Record<string, string>;

  beforeEach(async () => {
    context = await testContext();
    bothColours(context.docker);
    shown = {};
    const routers = (): unknown =>
      Object.fromEntries(Object.entries(shown).map(([name, rule]) => [name, { rule, service: "s", status: "enabled" }]));
    context.ingress.view = async () => {
      assert.deepEqual(context.confirmed, [await readRouterFile(context.paths, "shop-prod")], "asked before Traefik showed the candidate");
      return IngressView.parse({ routers: routers() });
    };
  });

  it("goes on where nobody else has the name", async () => {
    shown = { "shop-prod--api--candidate@file": "Host(`shop.example.com`) && Header(`X-Terrace-Candidate`, `t`)" };
    assert.equal(await smoke(await attemptOn(context)), "0 checks passed");
  });

  it("ends where another instance has taken the name since the attempt was admitted, be it for its own candidate", async () => {
    shown = { "blog-prod--web--candidate@file": "Host(`shop.example.com`) && Header(`X-Terrace-Candidate`, `secret`)" };
    const clash = "router blog-prod--web--candidate@file already takes shop.example.com/ (Host(`shop.example.com`))";
    await assert.rejects(smoke(await attemptOn(context)), (error: unknown) => {
      assert.deepEqual(failedAttempt("smoke", error), { outcome: "aborted", code: "route_clash", what: clash });
      return true;
    });
  });

  it("goes on where a neighbour of the same environment has another path of the name", async () => {
    shown = { "blog-prod--web@file": "Host(`shop.example.com`) && PathPrefix(`/blog`)" };
    await assert.rejects(smoke(await attemptOn(context)), { code: "route_clash" });
    context.confirmed.length = 0;
    await claimInstance(context, "blog-prod", { project: "shop", stack: "prod" });
    assert.equal(await smoke(await attemptOn(context)), "0 checks passed");
  });
});
