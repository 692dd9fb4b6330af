import assert from "node:assert/strict";
import { Secret } from "../../../../sandbox/plugins/base/index.ts";
import { readConfiguration } from "../../../../sandbox/plugins/cloudflare/configuration.ts";
import { cloudflareProvider } from "../../../../sandbox/plugins/cloudflare/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";

const apiToken = "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ_0123";

describe("sandbox/plugins/cloudflare: configuration", () => {
  let provider: ProviderClient;
  before(async () => {
    provider = await connect(cloudflareProvider, "unconfigured");
  });
  after(() => provider.close());

  it("makes the token secret whether the program did or not", async () => {
    for (const given of [apiToken, new Secret(apiToken)]) {
      const { inputs, failures } = await provider.checkConfig({ apiToken: given, baseUrl: "https://cloudflare.terrace.test/client/v4/" });
      assert.deepEqual(failures, []);
      assert.deepEqual(inputs, { apiToken: new Secret(apiToken), baseUrl: "https://cloudflare.terrace.test/client/v4/" });
    }
  });

  it("refuses a token of another form without showing it", async () => {
    for (const given of ["short-secret", `${apiToken} `, "x".repeat(81)]) {
      const { failures } = await provider.checkConfig({ apiToken: new Secret(given) });
      assert.deepEqual(failures, [`apiToken: must be 40 to 80 letters, digits, hyphens and underscores; got ${given.length} characters`]);
    }
  });

  for (const name of ["apiKey", "email", "apiUserServiceKey", "userAgentOperatorSuffix"]) {
    it(`refuses ${name} by name`, async () => {
      const { failures } = await provider.checkConfig({ apiToken, [name]: "value-of-it" });
      assert.equal(failures.length, 1);
      assert.ok(failures[0]?.startsWith(`${name}: `) && !failures[0].includes("value-of-it"), failures[0]);
    });
  }

  it("does not replace resources for another token", async () => {
    const { replaces, detailed } = await provider.diffConfig(
      { apiToken, baseUrl: "https://a.test/" },
      { apiToken: `${apiToken}x`, baseUrl: "https://b.test/" },
    );
    assert.deepEqual(replaces, []);
    assert.deepEqual(detailed, { apiToken: "update", baseUrl: "update" });
  });

  const environment = { CLOUDFLARE_API_TOKEN: "from-the-environment", CLOUDFLARE_BASE_URL: "https://environment.test/" };
  const cases: readonly (readonly [string, Parameters<typeof readConfiguration>[0], Parameters<typeof readConfiguration>[1], unknown])[] = [
    ["the program's values", { apiToken, baseUrl: "https://program.test/" }, environment, { apiToken, baseUrl: "https://program.test/" }],
    [
      "the environment's values for what the program leaves out",
      {},
      environment,
      { apiToken: "from-the-environment", baseUrl: "https://environment.test/" },
    ],
    ["Cloudflare's own address for neither", { apiToken }, {}, { apiToken, baseUrl: "https://api.cloudflare.com/client/v4/" }],
  ];
  for (const [what, config, variables, expected] of cases) {
    it(`takes ${what}`, () => assert.deepEqual(readConfiguration(config, variables), expected));
  }

  const faults: readonly (readonly [string, Parameters<typeof readConfiguration>[0], Parameters<typeof readConfiguration>[1], RegExp])[] = [
    ["no token", {}, {}, /^Error: apiToken: must be given, in the provider's arguments or as CLOUDFLARE_API_TOKEN$/],
    [
      "a base URL that is none",
      { apiToken, baseUrl: "cloudflare.test" },
      {},
      /^Error: baseUrl: must be an http or https URL; got "cloudflare\.test"$/,
    ],
    [
      "a key in the environment",
      { apiToken },
      { CLOUDFLARE_API_KEY: "k" },
      /^Error: CLOUDFLARE_API_KEY: this plugin knows API tokens only/,
    ],
  ];
  for (const [what, config, variables, message] of faults) {
    it(`refuses ${what}`, () => assert.throws(() => readConfiguration(config, variables), message));
  }
});
