import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { Status, contractVersion } from "../../../contract/index.ts";
import { claimInstance } from "../../../host/state/owner.ts";
import { statusVerb } from "../../../host/verbs/status.ts";
import { testContext } from "../rollout/world.ts";
import type { TestContext } from "../rollout/world.ts";

describe("host/verbs/status", () => {
  let context: TestContext;

  beforeEach(async () => {
    context = await testContext();
    context.docker.list.clear();
    await mkdir(context.paths.state, { recursive: true });
    await claimInstance(context, "shop-prod", { project: "terrace", stack: "prod" });
    await claimInstance(context, "shop-staging", { project: "terrace", stack: "staging" });
    // Not of "prod", whatever its name ends in.
    await claimInstance(context, "blog-pre-prod", { project: "terrace", stack: "pre-prod" });
  });

  const shown = async (user: string, instance?: string): Promise<string[]> => {
    const request = { contract: contractVersion, request: "status", ...(instance === undefined ? {} : { instance }) } as const;
    const ending = await statusVerb.run(request, { ...context, actor: { user, key: null } });
    assert.equal(ending.kind, "printed");
    const status = Status.parse(ending.json);
    for (const { instance: name } of status.instances) assert.match(ending.table, new RegExp(`^${name}: `, "m"));
    return status.instances.map(({ instance: name }) => name);
  };

  it("shows root and operators every instance", async () => {
    for (const user of ["root", "ada"]) assert.deepEqual(await shown(user), ["blog-pre-prod", "shop-prod", "shop-staging"]);
  });

  it("shows a deploy user what belongs to its environment, and names nothing else", async () => {
    assert.deepEqual(await shown("deploy-staging"), ["shop-staging"]);
    assert.deepEqual(await shown("deploy-prod"), ["shop-prod"]);
    assert.deepEqual(await shown("deploy-test"), []);
    await assert.rejects(shown("deploy-prod", "blog-pre-prod"), {
      code: "no_such_instance",
      message: "blog-pre-prod is not known on this host; there are: shop-prod",
    });
  });

  it("goes by the containers' label for an instance that nobody owns yet", async () => {
    context.docker.add("blue", "api", "web", {
      labels: { "dev.terrace.instance": "new-prod", "dev.terrace.environment": "prod", "dev.terrace.part": "blue" },
    });
    // As Docker's own filter does: an empty value asks for the label only.
    const containers = context.docker.containers.bind(context.docker);
    context.docker.containers = (labels) => containers(labels["dev.terrace.instance"] === "" ? {} : labels);
    assert.deepEqual(await shown("deploy-prod"), ["new-prod", "shop-prod"]);
    assert.deepEqual(await shown("deploy-staging"), ["shop-staging"]);
  });
});
