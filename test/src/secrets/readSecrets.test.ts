import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { HostSecretsRequest, openRequest, PublicKey, SealedRequest, secretFingerprint, SecretsRequest } from "../../../contract/index.ts";
import { memoryStore } from "../../../src/secrets/memory.ts";
import { readSecrets } from "../../../src/secrets/readSecrets.ts";
import type { SecretValues } from "../../../src/secrets/secretValues.ts";
import { generateSshKey, publicKeyOf } from "../../../src/secrets/sshKey.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import { goodSettings } from "../settings/checkout.ts";
import { certificateFor } from "./certificate.ts";
import { goodValues, settingsWith, without } from "./stack.ts";

/** The server's own key, whose public half is pinned: what only the host may read is sealed for it. */
const hostPrivateKey = generateSshKey("host");
const hostKey = publicKeyOf(hostPrivateKey);
const host = { ...goodSettings.host, hostKey };

const read = (settings: Settings = settingsWith({ host }), values: Readonly<Record<string, string>> = goodValues): Promise<SecretValues> =>
  readSecrets(settings, memoryStore({ "/": values }));

/** The value of an output that must be a Pulumi secret. */
async function unsealed(output: pulumi.Input<string>): Promise<string> {
  const sealed = pulumi.output(output);
  assert.equal(await pulumi.isSecret(sealed), true, "is no secret");
  return new Promise((resolve) => sealed.apply(resolve));
}

/** What the host reads in an output that must be a Pulumi secret, and sealed. */
async function atTheHost(output: pulumi.Input<string>): Promise<unknown> {
  const opened = openRequest(SealedRequest.parse(JSON.parse(await unsealed(output))), hostPrivateKey);
  if (opened.kind === "closed") assert.fail(opened.what);
  return JSON.parse(opened.request);
}

describe("secrets of a stack", () => {
  before(() => pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) }, "terrace", "staging"));

  it("are Pulumi secrets", async () => {
    const secrets = await read();
    assert.equal(await unsealed(secrets.secret("REGISTRY_PASSWORD")), goodValues["REGISTRY_PASSWORD"]);
    assert.equal(await unsealed(secrets.secret("SSH_PRIVATE_KEY")), goodValues["SSH_PRIVATE_KEY"]);
  });

  it("that the stack does not need are not to be had", async () => {
    const secrets = await read(settingsWith({ platform: { mode: "reuse" } }));
    assert.throws(() => secrets.secret("PLATFORM_SSH_PRIVATE_KEY"), {
      message: "secret /PLATFORM_SSH_PRIVATE_KEY: nobody said that this stack needs it",
    });
    assert.throws(() => secrets.instance("other"), { message: 'secrets of "other": there is no such app in the settings' });
  });

  it("have public halves, which are plain", async () => {
    const secrets = await read();
    const key = secrets.publicKeyOf("SSH_PRIVATE_KEY", "deploy-staging");
    assert.equal(key, `${publicKeyOf(goodValues["SSH_PRIVATE_KEY"] ?? "")} deploy-staging`);
    assert.equal(PublicKey.safeParse(key).success, true);
  });

  it("say where the host is: plain from the stack file, secret from the store", async () => {
    assert.deepEqual((await read()).host, { address: "203.0.113.7", hostKey });
    const { host: found } = await read(settingsWith({ host: { name: "x" } }), {
      ...goodValues,
      SSH_HOST: "203.0.113.9",
      SSH_HOST_KEY: goodSettings.host.hostKey,
    });
    assert.equal(await unsealed(found.address), "203.0.113.9");
    assert.equal(await unsealed(found.hostKey), goodSettings.host.hostKey);
  });

  it("name the people of both places, by name, no key twice", async () => {
    const [alice, bob] = ["alice", "bob"].map((name) => `${goodSettings.host.hostKey} ${name}`) as [string, string];
    const platform = { ...goodSettings.platform, operators: [{ name: "bob", publicKeys: [bob] }] };
    const { operators } = await read(settingsWith({ platform }), {
      ...goodValues,
      OPERATOR_AUTHORIZED_KEYS: `${bob}\n# the new one\n${alice}\n`,
    });
    assert.deepEqual(operators, [
      { name: "alice", publicKeys: [alice] },
      { name: "bob", publicKeys: [bob] },
    ]);
  });

  it("bring the registry's authority, unless the stack file does", async () => {
    const { certificate } = await certificateFor(["ca.example.com"], 30);
    assert.equal((await read()).registryAuthority, undefined);
    assert.equal((await read(settingsWith(), { ...goodValues, REGISTRY_AUTHORITY: certificate })).registryAuthority, certificate);
    const registry = { address: "registry.example.com", authority: `${certificate}\n` };
    assert.equal((await read(settingsWith({ registry }))).registryAuthority, `${certificate}\n`);
  });

  it("for the host make one request, a secret that the contract takes", async () => {
    const { hostSecrets } = await read(settingsWith({ host, secretStore: { epoch: 3 } }));
    assert.deepEqual(HostSecretsRequest.parse(await atTheHost(hostSecrets)), {
      contract: 1,
      request: "host-secrets",
      epoch: 3,
      environment: "staging",
      registries: [{ address: "registry.example.com", username: "puller", password: "registry-hunter2" }],
      originCertificates: [{ name: "origin", certificate: goodValues["ORIGIN_CERTIFICATE"], privateKey: goodValues["ORIGIN_PRIVATE_KEY"] }],
    });
  });

  it("are sealed for the host key of the store where the stack file has none", async () => {
    const secrets = await read(settingsWith({ host: { name: "x" } }), { ...goodValues, SSH_HOST: "203.0.113.9", SSH_HOST_KEY: hostKey });
    HostSecretsRequest.parse(await atTheHost(secrets.hostSecrets));
  });

  it("are the same text again when nothing changed", async () => {
    assert.equal(await unsealed((await read()).hostSecrets), await unsealed((await read()).hostSecrets));
  });

  it("for a host without routes bring no certificate", async () => {
    const apps = { shop: { ...goodSettings.apps.shop, routes: [] } };
    const settings = settingsWith({ host, apps }, { "apps/shop/app.yaml": "" });
    const values = without(without(goodValues, "ORIGIN_CERTIFICATE"), "ORIGIN_PRIVATE_KEY");
    assert.deepEqual(HostSecretsRequest.parse(await atTheHost((await read(settings, values)).hostSecrets)).originCertificates, []);
  });
});

describe("secrets of an instance", () => {
  const variables = {
    DATABASE_PASSWORD: { description: "x", services: ["web", "database"], onRollback: "latest" },
    SESSION_SECRET: { description: "x", services: ["web"], deliver: "file" },
  };
  const files = { "apps/shop/secrets.yaml": { variables } };
  const values = { ...goodValues, SESSION_SECRET: "session-hunter2" };
  const key = goodValues["FINGERPRINT_KEY"] ?? "";

  it("make one request with a set per part, a secret that the contract takes", async () => {
    const { request, fingerprints } = (await read(settingsWith({ host }, files), values)).instance("shop");
    const password = { value: goodValues["DATABASE_PASSWORD"], onRollback: "latest" };
    assert.deepEqual(SecretsRequest.parse(await atTheHost(request ?? "")), {
      contract: 1,
      request: "secrets",
      epoch: 1,
      instance: "shop-staging",
      environment: "staging",
      owner: { project: "terrace", stack: "staging" },
      sets: [
        {
          part: "app",
          fingerprint: fingerprints.app,
          variables: { DATABASE_PASSWORD: password, SESSION_SECRET: { value: "session-hunter2", onRollback: "release" } },
          services: ["web"],
        },
        { part: "data", fingerprint: fingerprints.data, variables: { DATABASE_PASSWORD: password }, services: ["database"] },
      ],
    });
  });

  it("have fingerprints that are plain strings and name one part each", async () => {
    const { fingerprints } = (await read(settingsWith({ host }, files), values)).instance("shop");
    const set = { DATABASE_PASSWORD: goodValues["DATABASE_PASSWORD"] ?? "" };
    assert.deepEqual(fingerprints, {
      app: secretFingerprint(key, "shop-staging/app", { ...set, SESSION_SECRET: "session-hunter2" }),
      data: secretFingerprint(key, "shop-staging/data", set),
    });
  });

  it("change only the fingerprints of the parts that see the change", async () => {
    const before = (await read(settingsWith({ host }, files), values)).instance("shop").fingerprints;
    const after = (await read(settingsWith({ host }, files), { ...values, SESSION_SECRET: "another" })).instance("shop").fingerprints;
    assert.notEqual(after.app, before.app);
    assert.equal(after.data, before.data);
  });

  it("without a variable are no request and no name", async () => {
    const { request, fingerprints } = (await read(settingsWith({}, { "apps/shop/secrets.yaml": "" }))).instance("shop");
    assert.equal(request, undefined);
    assert.deepEqual(fingerprints, { app: null, data: null });
  });
});
