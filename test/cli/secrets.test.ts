import assert from "node:assert/strict";
import { checkSecrets, generateStackSecrets } from "../../cli/storeCommands.ts";
import { seedInfisical } from "../../sandbox/infisical/index.ts";
import type { Seed } from "../../sandbox/seed.ts";
import { generateSshKey, publicKeyOf } from "../../src/secrets/sshKey.ts";
import { outputOf } from "./output.ts";
import { Bench, identities, projectId } from "../sandbox/infisical/bench.ts";
import { certificateFor } from "../src/secrets/certificate.ts";

/** What a sandbox knows, as far as the store's 81 variables are made from it. */
async function seed(): Promise<Seed> {
  const { certificate, privateKey } = await certificateFor(["*.staging.truealpha.test"], 30);
  const identity = (user: string): Seed["identities"]["platform"] => {
    const key = generateSshKey(user);
    return { user, privateKey: key, publicKey: publicKeyOf(key) };
  };
  const ed25519 = publicKeyOf(generateSshKey("host"));
  const server = { hostName: "x", ipv4: "198.18.16.11", ipv6: "2001:db8:7e::11", hostKeys: { ed25519, ecdsa: "", rsa: "" } };
  // Seeding does not look at who may log in.
  const nobody = { clientId: "", clientSecret: "" };
  return {
    slot: 0,
    domain: "truealpha.test",
    servers: { staging: server, test: server, prod: server },
    identities: {
      platform: identity("root"),
      "deploy-staging": identity("deploy-staging"),
      "deploy-test": identity("deploy-test"),
      "deploy-prod": identity("deploy-prod"),
    },
    registry: { host: "registry.terrace.test", user: "terrace", password: "registry-hunter2" },
    origin: { certificate, privateKey },
    caCertificate: certificate,
    cloudflare: {
      accountId: "a".repeat(32),
      zoneId: "b".repeat(32),
      tokens: { staging: "s".repeat(40), test: "t".repeat(40), prod: "p".repeat(40) },
    },
    infisical: { projectId, identities: { staging: nobody, test: nobody, prod: nobody } },
  };
}

describe("npm run secrets", () => {
  let bench: Bench;
  let environment: NodeJS.ProcessEnv;
  before(async () => {
    bench = await Bench.create();
    await seedInfisical(bench.service.store, await seed(), { seeded: false });
    const identity = identities.find((one) => one.environment === "staging");
    environment = {
      INFISICAL_SITE_URL: bench.siteUrl,
      INFISICAL_CLIENT_ID: identity?.clientId,
      INFISICAL_CLIENT_SECRET: identity?.clientSecret,
      INFISICAL_PROJECT_ID: projectId,
    };
  });
  after(() => bench.close());

  const generated = [
    ...[
      "ADMIN_INITIAL_PASSWORD",
      "API_INTERNAL_TOKEN",
      "BACKUP_ENCRYPTION_KEY",
      "COOKIE_ENCRYPTION_KEY",
      "CSRF_SECRET",
      "FIELD_ENCRYPTION_KEY",
    ],
    ...["FINGERPRINT_KEY", "FLOWER_PASSWORD", "GRAPHQL_INTROSPECTION_TOKEN", "JWT_REFRESH_KEY", "JWT_SIGNING_KEY", "METRICS_TOKEN"],
    ...[
      "NEO4J_PASSWORD",
      "OIDC_COOKIE_SECRET",
      "PASSWORD_PEPPER",
      "POSTGRES_PASSWORD",
      "RATE_LIMIT_SALT",
      "REDIS_PASSWORD",
      "SESSION_SECRET",
    ],
    ...["WEBHOOK_SIGNING_SECRET", "WORKER_INTERNAL_TOKEN"],
  ].map((name) => `/${name}`);

  it("check names everything that is not there yet", async () => {
    await assert.rejects(checkSecrets("staging", {}, environment), (error: Error) => {
      const [head, ...lines] = error.message.split("\n");
      assert.equal(head, `Infisical at ${bench.siteUrl}, environment "staging": ${lines.length} faults`);
      assert.deepEqual(
        lines.filter((line) => line.includes("is not generated yet")).map((line) => line.trim().split(":")[0]),
        generated,
      );
      return true;
    });
  });

  it("generate makes it, check finds nothing more, and a second generate changes nothing", async () => {
    const kept = ["/SSH_PRIVATE_KEY"];
    assert.deepEqual(JSON.parse(await outputOf(() => generateStackSecrets("staging", { json: true }, environment))), {
      written: generated,
      kept,
    });
    assert.deepEqual(JSON.parse(await outputOf(() => checkSecrets("staging", { json: true }, environment))), { variables: 81, faults: 0 });
    const before = bench.service.store.secret({ environment: "staging", path: "/" }, "SESSION_SECRET")?.value;
    assert.deepEqual(JSON.parse(await outputOf(() => generateStackSecrets("staging", { json: true }, environment))), {
      written: [],
      kept: [...generated, ...kept].sort(),
    });
    assert.equal(bench.service.store.secret({ environment: "staging", path: "/" }, "SESSION_SECRET")?.value, before);
  });

  it("says it in words for people, by name only", async () => {
    const said =
      (await outputOf(() => generateStackSecrets("staging", {}, environment))) +
      (await outputOf(() => checkSecrets("staging", {}, environment)));
    assert.equal(
      said,
      `==> 0 made, 22 kept as they were\n==> Infisical at ${bench.siteUrl}, environment "staging": all 81 variables of staging are there and look right\n`,
    );
  });
});
