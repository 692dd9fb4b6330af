import assert from "node:assert/strict";
import { memoryStore } from "../../../src/secrets/memory.ts";
import { readSecrets } from "../../../src/secrets/readSecrets.ts";
import { goodSettings } from "../settings/checkout.ts";
import { certificateFor } from "./certificate.ts";
import { goodValues, settingsWith } from "./stack.ts";

const other = await certificateFor(["other.example.com"], 30);

async function faultsOf(changes: Readonly<Record<string, string | undefined>>, settings = settingsWith()): Promise<readonly string[]> {
  const values = Object.fromEntries(Object.entries({ ...goodValues, ...changes }).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  try {
    await readSecrets(settings, memoryStore({ "/": values }));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [head, ...lines] = error.message.split("\n");
    assert.equal(head, `memory: ${lines.length} ${lines.length === 1 ? "fault" : "faults"}`);
    return lines.map((line) => line.slice(2));
  }
  return [];
}

const noAddress = settingsWith({ host: { name: "staging-1" } });
const hostValues = { SSH_HOST: "203.0.113.7", SSH_HOST_KEY: goodSettings.host.hostKey };

/** Values changed, settings where they matter, and what a person reads. */
const cases: readonly (readonly [Readonly<Record<string, string | undefined>>, string, ReturnType<typeof settingsWith>?])[] = [
  [{ REGISTRY_PASSWORD: undefined }, "/REGISTRY_PASSWORD: is missing, the program needs it; add it to the secret store"],
  [{ DATABASE_PASSWORD: undefined }, "/DATABASE_PASSWORD: is missing, shop: web, database needs it; add it to the secret store"],
  [{ FINGERPRINT_KEY: undefined }, '/FINGERPRINT_KEY: is missing, the program needs it; run "npm run secrets -- generate staging"'],
  [
    { FINGERPRINT_KEY: "<generate>" },
    '/FINGERPRINT_KEY: is not generated yet, the program needs it; run "npm run secrets -- generate staging"',
  ],
  [{ REGISTRY_PASSWORD: "<fill-in>" }, "/REGISTRY_PASSWORD: is missing, the program needs it; add it to the secret store"],
  [
    { CLOUDFLARE_API_TOKEN: `Bearer ${"c".repeat(40)}` },
    "/CLOUDFLARE_API_TOKEN: must match [0-9A-Za-z_-]{40,80}; correct it in the secret store",
  ],
  [{ CLOUDFLARE_ZONE_ID: "zone" }, "/CLOUDFLARE_ZONE_ID: must match [0-9a-f]{32}; correct it in the secret store"],
  [
    { SSH_USER: "deploy-prod" },
    "/SSH_USER: must be deploy-staging, the user that the platform makes for this environment; correct it in the secret store",
  ],
  [
    { ORIGIN_PRIVATE_KEY: other.privateKey },
    "/ORIGIN_PRIVATE_KEY: does not belong to ORIGIN_CERTIFICATE; put in the key that the certificate was made with",
  ],
  [
    { ORIGIN_CERTIFICATE: other.certificate, ORIGIN_PRIVATE_KEY: other.privateKey },
    "/ORIGIN_CERTIFICATE: does not cover shop.example.com; make one that names every route's host; a wildcard covers one label only",
  ],
  [
    { ORIGIN_CERTIFICATE: `Bag Attributes\n${goodValues["ORIGIN_CERTIFICATE"] ?? ""}` },
    '/ORIGIN_CERTIFICATE: must begin with its line "-----BEGIN …-----", without carriage returns; take out what stands before that line, and write line breaks as Unix does',
  ],
  [
    { ORIGIN_PRIVATE_KEY: goodValues["ORIGIN_PRIVATE_KEY"]?.replaceAll("\n", "\r\n") },
    '/ORIGIN_PRIVATE_KEY: must begin with its line "-----BEGIN …-----", without carriage returns; take out what stands before that line, and write line breaks as Unix does',
  ],
  [
    { REGISTRY_AUTHORITY: other.certificate.replaceAll("\n", "\r\n") },
    '/REGISTRY_AUTHORITY: must begin with its line "-----BEGIN …-----", without carriage returns; take out what stands before that line, and write line breaks as Unix does',
  ],
  [
    { ...hostValues, SSH_HOST: "2001:db8::1" },
    "/SSH_HOST: is an IPv6 address, and the A record shop.example.com would take it; give the record its content in the stack file, or change its type",
    noAddress,
  ],
  [
    { ...hostValues, SSH_HOST: "server.example.com" },
    "/SSH_HOST: is a name, and the A record shop.example.com would take it; give the record its content in the stack file, or change its type",
    noAddress,
  ],
  [
    { ...hostValues, SSH_HOST_KEY: "ssh-rsa AAAA" },
    '/SSH_HOST_KEY: must be an ed25519 public key: "ssh-ed25519 AAAA…"; correct it in the secret store',
    noAddress,
  ],
  [
    { DATABASE_PASSWORD: "${prod.PASSWORD}" },
    '/DATABASE_PASSWORD: holds "${": a reference that the secret store did not expand; give the identity access to what it names, or say "literal: true" if it is meant',
  ],
];

describe("what is wrong with secrets", () => {
  for (const [changes, message, settings] of cases) it(message, async () => assert.deepEqual(await faultsOf(changes, settings), [message]));

  it("nothing, where everything is there", async () => {
    assert.deepEqual(await faultsOf({}), []);
    assert.deepEqual(await faultsOf(hostValues, noAddress), []);
    assert.deepEqual(await faultsOf({ OPERATOR_AUTHORIZED_KEYS: "<fill-in>", REGISTRY_AUTHORITY: "<fill-in>", SSH_USER: "root" }), []);
  });

  it("is told all at once, sorted, without a value", async () => {
    const faults = await faultsOf({
      SSH_PRIVATE_KEY: undefined,
      PLATFORM_SSH_PRIVATE_KEY: "hunter2",
      ORIGIN_CERTIFICATE: "hunter2",
      DATABASE_PASSWORD: " hunter2",
    });
    assert.deepEqual(
      faults.map((fault) => fault.split(":")[0]),
      ["/DATABASE_PASSWORD", "/ORIGIN_CERTIFICATE", "/PLATFORM_SSH_PRIVATE_KEY", "/SSH_PRIVATE_KEY"],
    );
    assert.ok(!faults.join().includes("hunter2"));
  });

  it("is nothing of what the stack does not need", async () => {
    const reuse = settingsWith({ platform: { mode: "reuse" }, edge: undefined });
    const absent = {
      PLATFORM_SSH_USER: undefined,
      PLATFORM_SSH_PRIVATE_KEY: "rubbish",
      CLOUDFLARE_API_TOKEN: undefined,
      CLOUDFLARE_ZONE_ID: undefined,
    };
    assert.deepEqual(await faultsOf({ ...absent, OPERATOR_AUTHORIZED_KEYS: "rubbish" }, reuse), []);
  });

  it("is told by folder", async () => {
    const settings = settingsWith(
      { secretStore: { path: "/infra" } },
      { "apps/shop/secrets.yaml": { variables: { TOKEN: { description: "x", path: "/shop", services: ["web"] } } } },
    );
    await assert.rejects(readSecrets(settings, memoryStore({ "/infra": goodValues, "/": { TOKEN: "elsewhere" } })), {
      message: "memory: 1 fault\n  /shop/TOKEN: is missing, shop: web needs it; add it to the secret store",
    });
    await readSecrets(settings, memoryStore({ "/infra": goodValues, "/shop": { TOKEN: "here" } }));
  });
});
