import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloudflare } from "../../../../sandbox/cloudflare/index.ts";
import type { CloudflareService } from "../../../../sandbox/cloudflare/index.ts";
import { testCertificates } from "../docker/support/certificates.ts";
import { startScriptedRegistry } from "../docker/support/scriptedRegistry.ts";
import type { ScriptedRegistry } from "../docker/support/scriptedRegistry.ts";
import { digest, program } from "./support/edgeProgram.ts";
import { createEngineStack } from "./support/engineStack.ts";
import type { EngineStack } from "./support/engineStack.ts";

const apiToken = "token-of-the-test-0123456789-0123456789-0123";
const password = "the-password-of-a-registry";
const zoneId = "b".repeat(32);
const zone = `/client/v4/zones/${zoneId}`;
const dateOfChange = /^ +[-~] modifiedOn/m;

describe("sandbox/plugins: cloudflare and docker under the real engine", function () {
  this.timeout(1_800_000); // The first run on a machine builds the engine.

  let directory: string;
  let api: CloudflareService;
  let registry: ScriptedRegistry;
  let stack: EngineStack;
  let settings: Record<string, string>;
  let seen = 0;
  const outputs: string[] = [];

  const pulumi: EngineStack["pulumi"] = async (...arguments_) => {
    const outcome = await stack.pulumi(...arguments_);
    outputs.push(outcome.output);
    return outcome;
  };
  const succeed = async (...arguments_: readonly string[]): Promise<string> => {
    const { code, output } = await pulumi(...arguments_);
    assert.equal(code, 0, output);
    return output;
  };
  const configure = async (change: Readonly<Record<string, string>>): Promise<void> => {
    settings = { ...settings, ...change };
    await stack.setConfig(settings);
  };
  /** Writes that the API saw since the last call, without ids that it made up. */
  const writes = async (): Promise<readonly string[]> => {
    const lines = (await readFile(join(directory, "cloudflare.jsonl"), "utf8")).trim().split("\n").slice(seen);
    seen += lines.length;
    const requests = lines.map((line) => JSON.parse(line) as { readonly method: string; readonly path: string });
    return requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path.replace(zone, "").replace(/\/[0-9a-f]{32}$/, "/ID")}`)
      .sort();
  };
  /** What somebody does in Cloudflare's dashboard. */
  const byHand = async (method: string, path: string, body?: unknown): Promise<{ readonly id: string; readonly name: string }[]> => {
    const { send } = await import("../../../../sandbox/plugins/cloudflare/transport.ts");
    const answer = await send({
      method,
      url: new URL(`${settings["baseUrl"] ?? ""}zones/${zoneId}${path}`),
      headers: { Authorization: `Bearer ${apiToken}`, "Content-Type": "application/json" },
      verifyCertificate: false,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.equal(answer.status, 200, answer.body.toString());
    await writes();
    return (JSON.parse(answer.body.toString()) as { result: { id: string; name: string }[] }).result;
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "terrace-engine-test-"));
    const certificates = await testCertificates(["127.0.0.1"]);
    await writeFile(join(directory, "ca.crt"), `${certificates.authority}\n`);
    api = await startCloudflare({
      listeners: [{ host: "127.0.0.1", port: 0, certificate: certificates.certificate, privateKey: certificates.privateKey }],
      directory,
      logs: directory,
      accountId: "a".repeat(32),
      zones: [{ id: zoneId, name: "truealpha.test" }],
      tokens: [{ name: "test", value: apiToken, scopes: ["zone:read", "dns:edit", "zone_settings:edit", "waf:edit", "ssl:edit"] }],
      ipRanges: { ipv4: ["198.18.16.5/32"], ipv6: [] },
    });
    registry = await startScriptedRegistry(({ path, authorization }) => {
      if (authorization === undefined) return { status: 401, headers: { "www-authenticate": 'Basic realm="test"' } };
      return path.includes("/demo/api/") ? { status: 200, headers: { "docker-content-digest": digest } } : { status: 404 };
    }, certificates);
    stack = await createEngineStack("edgetest", {
      NODE_EXTRA_CA_CERTS: join(directory, "ca.crt"),
      TEST_API_TOKEN: apiToken,
      TEST_PASSWORD: password,
    });
    await stack.setProgram(program);
    settings = {
      registry: registry.host,
      baseUrl: `https://127.0.0.1:${api.ports[0] ?? 0}/client/v4/`,
      address: "198.18.16.11",
      setting: "ssl",
      value: "strict",
      image: "api",
    };
    await stack.setConfig(settings);
  });

  after(async () => {
    await api.close();
    await registry.close();
    await stack.remove();
    await rm(directory, { recursive: true, force: true });
  });

  it("previews without a write: inputs, unknown outputs, looked up digests and addresses, no secret", async () => {
    const output = await succeed("preview", "--diff");
    assert.match(output, /content: "198\.18\.16\.11"/);
    assert.match(output, /content: "app\.truealpha\.test"/, "the CNAME's target comes from the planned record");
    assert.match(output, /createdOn: \[unknown\]/);
    assert.match(output, new RegExp(`image +: "${digest}"`));
    assert.match(output, /\[0\]: "198\.18\.16\.5\/32"/);
    assert.match(output, /apiToken *: \[secret\]/);
    assert.match(output, /registryAuth *: \[secret\]/);
    assert.match(output, /\+ 8 to create/);
    assert.deepEqual(await writes(), []);
    assert.deepEqual(
      registry.take().map(({ method, path }) => `${method} ${path}`),
      [`HEAD /v2/demo/api/manifests/${digest}`],
    );
  });

  it("creates", async () => {
    await succeed("up", "--yes", "--skip-preview");
    assert.deepEqual(await writes(), [
      "PATCH /settings/ssl",
      "POST /dns_records",
      "POST /dns_records",
      "POST /rulesets",
      "PUT /origin_tls_client_auth/settings",
    ]);
    const records = await byHand("GET", "/dns_records");
    assert.deepEqual(records.map(({ name }) => name).sort(), ["app.truealpha.test", "www.truealpha.test"]);
  });

  it("writes nothing when nothing changed, also after a refresh", async () => {
    await succeed("preview", "--expect-no-changes");
    await succeed("up", "--yes", "--skip-preview", "--expect-no-changes");
    await succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await succeed("preview", "--expect-no-changes");
    assert.deepEqual(await writes(), []);
  });

  it("updates a changed record in place", async () => {
    await configure({ address: "198.18.16.12" });
    const output = await succeed("preview", "--diff");
    assert.match(output, /~ content *: "198\.18\.16\.11" => "198\.18\.16\.12"/);
    assert.match(output, dateOfChange);
    assert.match(output, /~ 1 to update\n +7 unchanged/);
    assert.deepEqual(await writes(), []);
    await succeed("up", "--yes", "--skip-preview");
    assert.deepEqual(await writes(), ["PUT /dns_records/ID"]);
  });

  it("replaces a setting by another, and deletes nothing", async () => {
    await configure({ setting: "min_tls_version", value: "1.2" });
    assert.match(
      await succeed("preview", "--diff"),
      /\+-cloudflare:index\/zoneSetting:ZoneSetting: \(replace\)[^]*~ settingId *: "ssl" => "min_tls_version"/,
    );
    await succeed("up", "--yes", "--skip-preview");
    assert.deepEqual(await writes(), ["PATCH /settings/min_tls_version"]);
  });

  it("finds what somebody changed and deleted, and puts it right", async () => {
    const www = (await byHand("GET", "/dns_records")).find(({ name }) => name.startsWith("www"));
    await byHand("DELETE", `/dns_records/${www?.id ?? ""}`);
    await byHand("PATCH", "/settings/min_tls_version", { value: "1.0" });
    const refreshed = await succeed("refresh", "--yes", "--skip-preview", "--diff");
    assert.match(refreshed, /warning: Resource not found/);
    assert.match(refreshed, /~ value *: "1\.2" => "1\.0"/);
    assert.match(await succeed("preview"), /\+ 1 to create\n +~ 1 to update/);
    await succeed("up", "--yes", "--skip-preview");
    assert.deepEqual(await writes(), ["PATCH /settings/min_tls_version", "POST /dns_records"]);
  });

  it("fails at once with Cloudflare's words, keeps the state and goes on from there", async () => {
    await configure({ address: "not-an-address" });
    const { code, output } = await pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(
      output,
      /error: failed to make http request: PUT "https:.*\/dns_records\/[0-9a-f]{32}": 400 Bad Request \{.*valid IPv4 address/,
    );
    assert.equal((await writes()).length, 1);
    await configure({ address: "198.18.16.12" });
    await succeed("preview", "--expect-no-changes");
  });

  it("waits as long as a 429 asks, and goes on", async () => {
    await api.controls?.["rateLimit"]?.({ method: "PUT", retryAfterSeconds: 1, remaining: 2 });
    await configure({ address: "198.18.16.13" });
    const started = performance.now();
    await succeed("up", "--yes", "--skip-preview");
    assert.ok(performance.now() - started > 2000, "two answers asked for a second each");
    assert.deepEqual(await writes(), ["PUT /dns_records/ID", "PUT /dns_records/ID", "PUT /dns_records/ID"]);
  });

  it("tells an image that is not in the registry", async () => {
    await configure({ image: "nothing" });
    const { code, output } = await pulumi("preview");
    assert.notEqual(code, 0);
    assert.match(
      output,
      new RegExp(
        `invocation of docker:index/getRegistryImage:getRegistryImage returned an error: invoking docker:index/getRegistryImage:getRegistryImage: 1 error occurred:\\s+\\* Got error when attempting to fetch image version demo/nothing:${digest} from registry: got bad response from registry: 404 Not Found`,
      ),
    );
    await configure({ image: "api" });
  });

  // Not with -v=9: there the engine itself logs what it sends to any provider, secrets included.
  it("has shown no secret to anybody, and none is in the state in clear", async () => {
    const shown = outputs.join("\n");
    assert.ok(outputs.length > 10 && shown.includes("[secret]"), "there is something to look through");
    for (const [what, text] of Object.entries({ output: shown, state: await stack.stateText() })) {
      for (const secret of [apiToken, password, Buffer.from(`ci:${password}`).toString("base64")]) {
        assert.ok(!text.includes(secret), `${what} holds a secret`);
      }
    }
  });

  it("destroys records and rules, and leaves settings", async () => {
    await succeed("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await writes(), ["DELETE /dns_records/ID", "DELETE /dns_records/ID", "DELETE /rulesets/ID"]);
    assert.deepEqual(await byHand("GET", "/dns_records"), []);
  });
});
