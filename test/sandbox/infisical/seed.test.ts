import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";
import { seedInfisical, sandboxVariables } from "../../../sandbox/infisical/index.ts";
import type { InfisicalStore } from "../../../sandbox/infisical/store.ts";
import type { Seed } from "../../../sandbox/seed.ts";
import { programVariables } from "../../../src/secrets/programVariables.ts";
import { SecretsFile } from "../../../src/secrets/secretsFile.ts";
import { generateSshKey, publicKeyOf } from "../../../src/secrets/sshKey.ts";
import { valueFault } from "../../../src/secrets/validation.ts";
import { papers } from "../edge/rig.ts";
import { Bench, projectId } from "./bench.ts";

const root = resolve(import.meta.dirname, "../../..");

async function testSeed(): Promise<Seed> {
  const { authority, origin } = await papers();
  const key = (user: string): { user: string; privateKey: string; publicKey: string } => {
    const privateKey = generateSshKey(user);
    return { user, privateKey, publicKey: `${publicKeyOf(privateKey)} ${user}@sandbox` };
  };
  const hostKey = publicKeyOf(generateSshKey("host"));
  const server = (part: number): Seed["servers"][string] => ({
    hostName: `server-${part}.servers.terrace.test`,
    ipv4: `198.18.16.${part}`,
    ipv6: `2001:db8:7e:0::${part}`,
    hostKeys: { ed25519: hostKey, ecdsa: "", rsa: "" },
  });
  return {
    slot: 0,
    domain: "truealpha.test",
    servers: { staging: server(11), test: server(12), prod: server(13) },
    identities: {
      platform: key("root"),
      "deploy-staging": key("deploy-staging"),
      "deploy-test": key("deploy-test"),
      "deploy-prod": key("deploy-prod"),
    },
    registry: { host: "registry.terrace.test", user: "terrace", password: "registry-password" },
    origin,
    caCertificate: authority.certificate,
    cloudflare: {
      accountId: "a".repeat(32),
      zoneId: "b".repeat(32),
      tokens: { staging: "s".repeat(40), test: "t".repeat(40), prod: "p".repeat(40) },
    },
    infisical: { projectId, identities: {} as Seed["infisical"]["identities"] },
  };
}

/** All values of an environment as the product reads them: the root with its imports, references expanded. */
async function readAll(bench: Bench, environment: string): Promise<Map<string, string>> {
  const sdk = await bench.login(environment);
  const { secrets, imports = [] } = await sdk.secrets().listSecrets({ projectId, environment, includeImports: true });
  const all = [...imports.flatMap((one) => one.secrets), ...secrets];
  return new Map(all.map(({ secretKey, secretValue }) => [secretKey, secretValue]));
}

describe("Infisical emulator: the 81 variables", () => {
  let bench: Bench;
  let store: InfisicalStore;
  let seed: Seed;
  before(async () => {
    seed = await testSeed();
  });
  beforeEach(async () => {
    bench = await Bench.create();
    ({ store } = bench.service);
  });
  afterEach(() => bench.close());

  it("are 81, each once, and those of the product's template", async () => {
    const names = sandboxVariables.map((variable) => variable.name);
    assert.deepEqual([names.length, new Set(names).size], [81, 81]);
    const template = await readFile(resolve(root, "secrets/.env.example"), "utf8");
    const wanted = [...template.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name = ""]) => name);
    assert.deepEqual(names.toSorted(), wanted.toSorted());
  });

  it("leave to the product what its generator makes, and the sandbox keeps what its servers already know", async () => {
    const file = SecretsFile.parse(parse(await readFile(resolve(root, "apps/truealpha/secrets.yaml"), "utf8")));
    const makeable = [...Object.entries(file.variables), ...Object.entries(programVariables)].flatMap(([name, declaration]) =>
      "generate" in declaration && declaration.generate !== undefined ? [name] : [],
    );
    const ours = sandboxVariables.filter((variable) => variable.kind === "generated").map((variable) => variable.name);
    assert.deepEqual([...ours, "SSH_PRIVATE_KEY"].toSorted(), makeable.toSorted());
  });

  it("are all readable by each environment's own identity, in the form that the product asks for", async () => {
    assert.deepEqual(await seedInfisical(store, seed), { planted: 243, kept: 0 });
    const file = SecretsFile.parse(parse(await readFile(resolve(root, "apps/truealpha/secrets.yaml"), "utf8")));
    for (const environment of ["staging", "test", "prod"] as const) {
      const values = await readAll(bench, environment);
      assert.equal(values.size, 81);
      for (const [name, { validate }] of [...Object.entries(file.variables), ...Object.entries(programVariables)]) {
        assert.equal(valueFault(values.get(name) ?? "", validate), undefined, `${environment} ${name}`);
      }
      assert.equal(values.get("SSH_HOST"), seed.servers[environment]?.ipv4);
      assert.equal(values.get("SSH_PRIVATE_KEY"), seed.identities[`deploy-${environment}`].privateKey);
      assert.equal(values.get("CLOUDFLARE_API_TOKEN"), seed.cloudflare.tokens[environment]);
      assert.equal(values.get("DATABASE_URL"), `postgresql://truealpha:${values.get("POSTGRES_PASSWORD") ?? ""}@postgres:5432/truealpha`);
      assert.equal(values.get("BACKUP_S3_BUCKET"), `truealpha-${environment}-uploads-backups`);
      assert.match(values.get("DELIVERY_CANARY") ?? "", /"quoted", \$HOME[\s\S]*\n[\s\S]*\\$/);
    }
    const [staging, prod] = [await readAll(bench, "staging"), await readAll(bench, "prod")];
    for (const name of ["POSTGRES_PASSWORD", "FINGERPRINT_KEY", "REPORT_SIGNING_KEY", "SENTRY_DSN"])
      assert.notEqual(staging.get(name), prod.get(name), name);
  });

  it("stay as they are when planted again, but follow the sandbox where nobody has changed them", async () => {
    await seedInfisical(store, seed);
    const before = await readAll(bench, "staging");
    assert.deepEqual(await seedInfisical(store, seed), { planted: 0, kept: 243 });
    const sdk = await bench.login();
    await sdk.secrets().updateSecret("REGISTRY_USERNAME", { projectId, environment: "staging", secretValue: "by-hand" });
    await bench.bounce();
    const moved = { ...seed, registry: { ...seed.registry, user: "other", password: "other-password" } };
    // Two variables in three environments, less the one that was changed by hand.
    assert.equal((await seedInfisical(bench.service.store, moved)).planted, 5);
    const after = await readAll(bench, "staging");
    assert.deepEqual([after.get("REGISTRY_USERNAME"), after.get("REGISTRY_PASSWORD")], ["by-hand", "other-password"]);
    for (const [name, value] of before) if (!name.startsWith("REGISTRY_")) assert.equal(after.get(name), value, name);
  });

  it("hold the product's mark where its generator is to make them, until they are filled", async () => {
    await seedInfisical(store, seed, { seeded: false });
    const marked = await readAll(bench, "staging");
    const names = sandboxVariables.filter((variable) => variable.kind === "generated").map((variable) => variable.name);
    for (const [name, value] of marked) assert.equal(value === "<generate>", names.includes(name), name);
    const sdk = await bench.login();
    await sdk.secrets().updateSecret("REDIS_PASSWORD", { projectId, environment: "staging", secretValue: "made-by-the-product" });
    const { planted } = await seedInfisical(store, seed, { seeded: true });
    assert.equal(planted, 3 * names.length - 1);
    assert.equal((await readAll(bench, "staging")).get("REDIS_URL"), "redis://:made-by-the-product@redis:6379/1");
  });

  it("say so where a server is not there yet", async () => {
    await seedInfisical(store, { ...seed, servers: {} });
    assert.equal((await readAll(bench, "prod")).get("SSH_HOST"), "<fill-in>");
    await seedInfisical(store, seed);
    assert.equal((await readAll(bench, "prod")).get("SSH_HOST"), "198.18.16.13");
  });
});
