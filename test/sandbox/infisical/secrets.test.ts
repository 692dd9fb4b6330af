import assert from "node:assert/strict";
import type { InfisicalSDK } from "@infisical/sdk";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Bench, projectId, refusal } from "./bench.ts";

const at = { projectId, environment: "staging" };

describe("Infisical emulator: secrets, with the real SDK", () => {
  let bench: Bench;
  let sdk: InfisicalSDK;
  beforeEach(async () => {
    bench = await Bench.create();
    sdk = await bench.login();
  });
  afterEach(() => bench.close());

  const values = async (
    options: Partial<Parameters<ReturnType<InfisicalSDK["secrets"]>["listSecrets"]>[0]> = {},
  ): Promise<Record<string, string>> => {
    const { secrets } = await sdk.secrets().listSecrets({ ...at, ...options });
    return Object.fromEntries(secrets.map(({ secretKey, secretValue }) => [secretKey, secretValue]));
  };
  const create = (name: string, secretValue: string, secretPath?: string): Promise<unknown> =>
    sdk.secrets().createSecret(name, { ...at, secretValue, ...(secretPath === undefined ? {} : { secretPath }) });

  it("creates, reads, updates, renames and deletes, in the wire's own shape, and keeps it over a restart at 0600", async () => {
    const { secret } = await sdk.secrets().createSecret("KEY", { ...at, secretValue: "one", secretComment: "a comment" });
    assert.deepEqual(
      [secret.secretKey, secret.secretValue, secret.version, secret.type, secret.secretComment],
      ["KEY", "one", 1, "shared", "a comment"],
    );
    assert.deepEqual([(secret as unknown as { workspace: string }).workspace, secret.environment], [projectId, "staging"]);
    const updated = await sdk.secrets().updateSecret("KEY", { ...at, secretValue: "two" });
    assert.deepEqual([updated.secret.version, updated.secret.secretValue], [2, "two"]);
    const old = await sdk.secrets().getSecret({ ...at, secretName: "KEY", version: 1 });
    assert.deepEqual([old.version, old.secretValue], [1, "one"]);
    await bench.bounce();
    assert.equal((await stat(join(bench.directory, "infisical.json"))).mode & 0o777, 0o600);
    sdk = await bench.login();
    assert.deepEqual(await values(), { KEY: "two" });
    await sdk.secrets().updateSecret("KEY", { ...at, newSecretName: "NAME" });
    assert.deepEqual(await values(), { NAME: "two" });
    await sdk.secrets().deleteSecret("NAME", at);
    assert.deepEqual(await values(), {});
    assert.match(
      await refusal(sdk.secrets().getSecret({ ...at, secretName: "NAME" })),
      /StatusCode=404\] Secret with name 'NAME' not found/,
    );
    assert.match(await refusal(sdk.secrets().deleteSecret("NAME", at)), /StatusCode=404/);
    assert.match(await refusal(sdk.secrets().updateSecret("NAME", { ...at, secretValue: "x" })), /StatusCode=404/);
  });

  it("refuses a second secret of a name", async () => {
    await create("KEY", "one");
    await create("OTHER", "two");
    assert.match(await refusal(create("KEY", "two")), /StatusCode=400\] Secret already exist/);
    assert.match(await refusal(sdk.secrets().updateSecret("KEY", { ...at, newSecretName: "OTHER" })), /StatusCode=400/);
  });

  const trimmed: readonly (readonly [written: string, read: string])[] = [
    ["  blanks  ", "blanks"],
    ["line\n", "line\n"],
    ["\n\nlines\n\n\n", "lines\n"],
    ["tab\t", "tab"],
    ["", ""],
    [`it's "q" $HOME $(id) \\ back # no\nsecond\\`, `it's "q" $HOME $(id) \\ back # no\nsecond\\`],
  ];
  for (const [written, read] of trimmed) {
    it(`keeps ${JSON.stringify(written)} as ${JSON.stringify(read)}`, async () => {
      await create("KEY", written);
      assert.deepEqual(await values(), { KEY: read });
      assert.equal((await sdk.secrets().getSecret({ ...at, secretName: "KEY" })).secretValue, read);
    });
  }

  it("hides values when they are not asked for", async () => {
    await create("KEY", "one");
    const { secrets } = await sdk.secrets().listSecrets({ ...at, viewSecretValue: false });
    assert.deepEqual([secrets[0]?.secretValue, secrets[0]?.secretValueHidden], ["<hidden-by-infisical>", true]);
  });

  it("keeps folders apart, lists below one with recursive, and finds nothing in a folder that is not there", async () => {
    await sdk.folders().create({ name: "deep", path: "/app", ...at });
    await create("KEY", "root");
    await create("KEY", "app", "/app/");
    await create("KEY", "deep", "/app/deep");
    assert.deepEqual(await values({ secretPath: "/app" }), { KEY: "app" });
    const { secrets } = await sdk.secrets().listSecrets({ ...at, secretPath: "/app", recursive: true });
    assert.deepEqual(
      secrets.map(({ secretPath, secretValue }) => [secretPath, secretValue]),
      [
        ["/app", "app"],
        ["/app/deep", "deep"],
      ],
    );
    assert.equal((await sdk.secrets().listSecrets({ ...at, recursive: true })).secrets.length, 3);
    // As upstream: no error, nothing there.
    assert.deepEqual(await sdk.secrets().listSecrets({ ...at, secretPath: "/nowhere" }), { secrets: [], imports: [] });
    assert.match(
      await refusal(create("KEY", "x", "/nowhere")),
      /StatusCode=404\] Folder with path '\/nowhere' in environment with slug 'staging' not found/,
    );
    assert.match(await refusal(sdk.secrets().getSecret({ ...at, secretPath: "/nowhere", secretName: "KEY" })), /StatusCode=404\] Folder/);
    assert.deepEqual(
      (await sdk.folders().listFolders({ ...at, path: "/" })).map((folder) => folder.name),
      ["app"],
    );
    assert.equal((await sdk.folders().listFolders({ ...at, path: "/", recursive: true })).length, 2);
    assert.match(await refusal(sdk.folders().create({ name: "no blanks", path: "/", ...at })), /422|Invalid folder name/);
  });

  it("shows imports in order, beside the folder's own, and lets the last one win for a single secret", async () => {
    for (const name of ["first", "second", "base"]) await sdk.folders().create({ name, path: "/", ...at });
    await create("OWN", "own");
    await create("A", "first", "/first");
    await create("A", "second", "/second");
    await create("OWN", "second", "/second");
    await create("B", "base", "/base");
    await bench.control("import", { environment: "staging", path: "/", fromPath: "/first" });
    await bench.control("import", { environment: "staging", path: "/", fromPath: "/second" });
    await bench.control("import", { environment: "staging", path: "/second", fromPath: "/base" });
    assert.deepEqual((await sdk.secrets().listSecrets(at)).imports, []);
    const { secrets, imports } = await sdk.secrets().listSecrets({ ...at, includeImports: true });
    assert.deepEqual(
      secrets.map((secret) => secret.secretKey),
      ["OWN"],
    );
    assert.deepEqual(
      imports?.map((one) => [one.secretPath, one.environment, one.secrets.map((secret) => `${secret.secretKey}=${secret.secretValue}`)]),
      [
        ["/first", "staging", ["A=first"]],
        ["/second", "staging", ["A=second", "OWN=second", "B=base"]],
      ],
    );
    const [[item] = []] = imports.map((one) => one.secrets);
    assert.deepEqual([item?.secretKey, item !== undefined && "createdAt" in item], ["A", false]);
    // The SDK sends includeImports, the server reads include_imports: the flag has no effect, as with upstream.
    assert.match(await refusal(sdk.secrets().getSecret({ ...at, secretName: "A", includeImports: true })), /StatusCode=404/);
    const token = sdk.auth().getAccessToken() ?? "";
    const heard = await bench.call("GET", `/api/v3/secrets/raw/A?workspaceId=${projectId}&environment=staging&include_imports=true`, {
      token,
    });
    assert.equal((JSON.parse(heard.text) as { secret: { secretValue: string } }).secret.secretValue, "second");
    assert.equal((await bench.log()).at(-2)?.["note"], "NotFound");
  });

  it("expands references in the folder, in others, through others, and leaves what leads nowhere as it is written", async () => {
    await sdk.folders().create({ name: "database", path: "/", ...at });
    await create("PASSWORD", "p4$$word", "/database");
    await create("LOCAL", "local");
    await create("URL", "x://${LOCAL}:${staging.database.PASSWORD}@host/${LOCAL}");
    await create("TWICE", "<${URL}>");
    await create("PLAIN", "$LOCAL ${} ${not a reference}");
    await create("GONE", "gone");
    await create("BROKEN", "${GONE} and ${LOCAL}");
    await sdk.secrets().deleteSecret("GONE", at);
    const expanded = await values();
    assert.equal(expanded["URL"], "x://local:p4$$word@host/local");
    assert.equal(expanded["TWICE"], "<x://local:p4$$word@host/local>");
    assert.equal(expanded["PLAIN"], "$LOCAL ${} ${not a reference}");
    assert.equal(expanded["BROKEN"], "${GONE} and local");
    assert.equal((await values({ expandSecretReferences: false }))["URL"], "x://${LOCAL}:${staging.database.PASSWORD}@host/${LOCAL}");
    assert.equal((await sdk.secrets().getSecret({ ...at, secretName: "TWICE" })).secretValue, "<x://local:p4$$word@host/local>");
  });

  it("ends circles where they close", async () => {
    await create("A", "a");
    await create("B", "b${A}");
    await sdk.secrets().updateSecret("A", { ...at, secretValue: "a${B}" });
    assert.deepEqual(await values(), { A: "aba${B}", B: "bab${A}" });
  });

  it("takes only references to what exists and may be read", async () => {
    assert.match(await refusal(create("K", "${NOBODY}")), /StatusCode=400\] Referenced secret\(s\) not found: NOBODY/);
    assert.match(await refusal(create("K", "${staging.nowhere.X}")), /StatusCode=400\] Referenced path \/nowhere doesn't exist/);
    assert.match(await refusal(create("K", "${moon.X}")), /StatusCode=400\] Referenced environment not found. Missing moon/);
    const prod = await bench.login("prod");
    await prod.secrets().createSecret("X", { projectId, environment: "prod", secretValue: "x" });
    assert.match(await refusal(create("K", "${prod.X}")), /StatusCode=403\] You are not allowed to describeSecret on secrets/);
  });

  it("fails the list when a reference leads where the identity may not read, as upstream does", async () => {
    await bench.service.store.addSecret({ environment: "prod", path: "/" }, "X", { value: "x" });
    await bench.service.store.addSecret({ environment: "staging", path: "/" }, "K", { value: "${prod.X}" });
    assert.match(await refusal(values()), /StatusCode=403\] Failed to expand one or more secret references/);
    assert.match(
      await refusal(sdk.secrets().getSecret({ ...at, secretName: "K" })),
      /StatusCode=403\] You do not have permission to read secret 'X' in environment 'prod'/,
    );
    assert.deepEqual(await values({ expandSecretReferences: false }), { K: "${prod.X}" });
  });

  it("lets an identity see its own environment only: another's is empty, its secrets are denied", async () => {
    await create("KEY", "one");
    const prod = await bench.login("prod");
    assert.deepEqual(await prod.secrets().listSecrets(at), { secrets: [], imports: [] });
    assert.deepEqual((await prod.secrets().listSecrets({ ...at, recursive: true })).secrets, []);
    assert.match(
      await refusal(prod.secrets().getSecret({ ...at, secretName: "KEY" })),
      /StatusCode=403\] You are not allowed to describeSecret on secrets/,
    );
    assert.match(
      await refusal(prod.secrets().createSecret("K", { ...at, secretValue: "x" })),
      /StatusCode=403\] You are not allowed to create on secrets/,
    );
    assert.match(
      await refusal(prod.secrets().updateSecret("KEY", { ...at, secretValue: "x" })),
      /StatusCode=403\] You are not allowed to edit/,
    );
    assert.match(await refusal(prod.secrets().deleteSecret("KEY", at)), /StatusCode=403\] You are not allowed to delete/);
    assert.match(await refusal(prod.folders().create({ name: "x", path: "/", ...at })), /StatusCode=403/);
    assert.match(
      await refusal(prod.secrets().listSecrets({ projectId, environment: "moon", recursive: true })),
      /StatusCode=404\] Environment with slug 'moon'/,
    );
    assert.deepEqual((await prod.secrets().listSecrets({ projectId, environment: "moon" })).secrets, []);
    assert.match(
      await refusal(prod.secrets().listSecrets({ projectId: "another", environment: "prod" })),
      /StatusCode=404\] Project with another not found/,
    );
  });

  it("asks for approval instead of writing where a policy wants it", async () => {
    await create("KEY", "one");
    await bench.control("approve", { environment: "staging" });
    const answer = (await create("OTHER", "x")) as Record<string, unknown>;
    assert.deepEqual(Object.keys(answer), ["approval"]);
    assert.ok("approval" in (await sdk.secrets().updateSecret("KEY", { ...at, secretValue: "two" })));
    assert.deepEqual(await values(), { KEY: "one" });
    await bench.control("trust", { environment: "staging" });
    await create("OTHER", "x");
    assert.deepEqual(await values(), { KEY: "one", OTHER: "x" });
  });
});
