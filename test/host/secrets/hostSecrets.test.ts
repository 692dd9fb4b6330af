import assert from "node:assert/strict";
import { InstanceName, contractVersion } from "../../../contract/index.ts";
import type { HostSecretsRequest } from "../../../contract/index.ts";
import { hostSecretsVerb } from "../../../host/secrets/hostSecrets.ts";
import { testContext } from "../rollout/world.ts";
import { fakeCreds } from "./fakeCreds.ts";

const address = "registry.example.com";
const request = (environment: string): HostSecretsRequest => ({
  contract: contractVersion,
  request: "host-secrets",
  epoch: 1,
  environment,
  registries: [{ address, username: environment, password: `of ${environment}` }],
  originCertificates: [],
});

describe("what the host itself needs", () => {
  it("is under a lease of its environment, which no instance can have", () => {
    const leases = ["staging", "prod"].map((environment) => hostSecretsVerb.lease(request(environment)));
    assert.deepEqual(leases, ["hostsecrets.staging", "hostsecrets.prod"]);
    for (const lease of leases) assert.equal(InstanceName.safeParse(lease).success, false);
  });

  it("is kept for two environments at the same time, each its own", async () => {
    const context = { ...(await testContext()), execute: fakeCreds().execute };
    const keep = () => Promise.all(["staging", "prod", "test"].map((environment) => hostSecretsVerb.run(request(environment), context)));
    for (const expected of ["deployed", "unchanged"])
      for (const ending of await keep()) assert.equal(ending.kind === "succeeded" && ending.result.outcome, expected);
  });
});
