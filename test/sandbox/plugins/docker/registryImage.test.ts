import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { dockerProvider } from "../../../../sandbox/plugins/docker/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";
import { startScriptedRegistry } from "./support/scriptedRegistry.ts";
import type { RegistryAnswer, RegistryRequest, ScriptedRegistry } from "./support/scriptedRegistry.ts";

const token = "docker:index/getRegistryImage:getRegistryImage";
const digest = `sha256:${"a".repeat(64)}`;
const password = "the password of a registry";
const basic = `Basic ${Buffer.from(`ci:${password}`).toString("base64")}`;
const found: RegistryAnswer = { status: 200, headers: { "docker-content-digest": digest } };
const accept = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
].join(", ");
const oldAccept = "application/vnd.docker.distribution.manifest.v1+prettyjws";

describe("sandbox/plugins/docker: getRegistryImage", () => {
  let answer: (request: RegistryRequest, host: string) => RegistryAnswer = () => found;
  let registry: ScriptedRegistry;
  let provider: ProviderClient;
  let image: string;

  const configured = (entries: readonly Properties[]): Promise<ProviderClient> =>
    connect(dockerProvider, { host: "ssh://unused", disableDockerDaemonCheck: "true", registryAuth: JSON.stringify(entries) });
  const asked = (): readonly unknown[] => registry.take().map(({ method, path, authorization }) => [method, path, authorization]);
  const refusal = (reference: string, reason: string): string =>
    `invoking ${token}: 1 error occurred:\n\t* Got error when attempting to fetch image version ${reference} from registry: ${reason}\n\n`;

  before(async () => {
    registry = await startScriptedRegistry((request, host) => answer(request, host));
    provider = await configured([{ address: `http://${registry.host}`, username: "ci", password }]);
    image = `${registry.host}/demo/api:1.4@${digest}`;
  });
  beforeEach(() => {
    answer = () => found;
  });
  afterEach(() => assert.deepEqual(registry.take(), [], "requests that the test did not expect"));
  after(async () => {
    provider.close();
    await registry.close();
  });

  it("asks for the pinned digest with HEAD, the manifest types and the login", async () => {
    const { inputs, failures } = await provider.invoke(token, { name: image });
    assert.deepEqual(failures, []);
    assert.deepEqual(inputs, { name: image, insecureSkipVerify: false, id: digest, sha256Digest: digest });
    assert.deepEqual(registry.take(), [{ method: "HEAD", path: `/v2/demo/api/manifests/${digest}`, authorization: basic, accept }]);
  });

  it("asks for a tag where there is no digest", async () => {
    await provider.invoke(token, { name: `${registry.host}/demo/api:1.4` });
    assert.deepEqual(asked(), [["HEAD", "/v2/demo/api/manifests/1.4", basic]]);
  });

  it("goes astray with a digest and no tag, as upstream does", async () => {
    answer = () => ({ status: 404 });
    const hexadecimal = "a".repeat(64);
    await assert.rejects(provider.invoke(token, { name: `${registry.host}/demo/api@${digest}` }), {
      message: refusal(`demo/api@sha256:${hexadecimal}`, "got bad response from registry: 404 Not Found"),
    });
    assert.deepEqual(asked()[0], ["HEAD", `/v2/demo/api@sha256/manifests/${hexadecimal}`, basic]);
    registry.take();
  });

  for (const [status, text] of [
    [403, "403 Forbidden"],
    [404, "404 Not Found"],
    [429, "429 Too Many Requests"],
    [500, "500 Internal Server Error"],
    [503, "503 Service Unavailable"],
  ] as const) {
    it(`tells ${text}, after asking once more for the old kind of manifest`, async () => {
      answer = () => ({ status });
      await assert.rejects(provider.invoke(token, { name: image }), {
        message: refusal(`demo/api:${digest}`, `got bad response from registry: ${text}`),
      });
      assert.deepEqual(
        registry.take().map((request) => [request.method, request.accept]),
        [
          ["HEAD", accept],
          ["HEAD", oldAccept],
        ],
      );
    });
  }

  it("tells wrong credentials from a challenge that is not for a token, without the password", async () => {
    answer = () => ({ status: 401, headers: { "www-authenticate": 'Basic realm="registry"' } });
    await assert.rejects(provider.invoke(token, { name: image }), (error: Error) => {
      assert.equal(error.message, refusal(`demo/api:${digest}`, "bad credentials: 401 Unauthorized"));
      assert.ok(!error.message.includes(password));
      return true;
    });
    assert.equal(registry.take().length, 2);
  });

  it("takes what the old kind of manifest finds", async () => {
    answer = ({ accept: asked }) => (asked === oldAccept ? found : { status: 404 });
    assert.equal((await provider.invoke(token, { name: image })).inputs["sha256Digest"], digest);
    assert.equal(registry.take().length, 2);
  });

  describe("with a token", () => {
    const challenged = (request: RegistryRequest, host: string): RegistryAnswer | null =>
      request.path.startsWith("/token") || request.authorization === "Bearer t1"
        ? null
        : {
            status: 401,
            headers: { "www-authenticate": `Bearer realm="http://${host}/token",service="registry.test",scope="repository:demo/api:pull"` },
          };
    const tokenPath = "/token?scope=repository%3Ademo%2Fapi%3Apull&service=registry.test";

    it("fetches one with the login and asks again", async () => {
      answer = (request, host) =>
        challenged(request, host) ?? (request.path.startsWith("/token") ? { status: 200, body: '{"token":"t1"}' } : found);
      assert.equal((await provider.invoke(token, { name: image })).inputs["sha256Digest"], digest);
      assert.deepEqual(asked(), [
        ["HEAD", `/v2/demo/api/manifests/${digest}`, basic],
        ["GET", tokenPath, basic],
        ["HEAD", `/v2/demo/api/manifests/${digest}`, "Bearer t1"],
      ]);
    });

    it("makes the digest from the manifest where the header is missing", async () => {
      const manifest = '{"schemaVersion":2}';
      answer = (request, host) =>
        challenged(request, host) ??
        (request.path.startsWith("/token") ? { status: 200, body: '{"access_token":"t1"}' } : { status: 200, body: manifest });
      const { inputs } = await provider.invoke(token, { name: image });
      assert.equal(inputs["sha256Digest"], `sha256:${createHash("sha256").update(manifest).digest("hex")}`);
      assert.deepEqual(
        registry.take().map(({ method }) => method),
        ["HEAD", "GET", "HEAD", "GET"],
      );
    });

    it("asks anonymously when the login is refused", async () => {
      answer = (request, host) => {
        if (!request.path.startsWith("/token")) return challenged(request, host) ?? found;
        return request.authorization === undefined ? { status: 200, body: '{"token":"t1"}' } : { status: 403 };
      };
      assert.equal((await provider.invoke(token, { name: image })).inputs["sha256Digest"], digest);
      assert.deepEqual(
        registry.take().map(({ authorization }) => authorization),
        [basic, basic, undefined, "Bearer t1"],
      );
    });

    it("tells a token that does not help", async () => {
      answer = (request, host) =>
        challenged(request, host) ?? (request.path.startsWith("/token") ? { status: 200, body: '{"token":"t1"}' } : { status: 404 });
      await assert.rejects(provider.invoke(token, { name: image }), {
        message: refusal(`demo/api:${digest}`, "got bad response from registry: 404 Not Found"),
      });
      registry.take();
    });
  });

  it("asks registries that nobody configured over HTTPS, and tells that nobody is there as Go does", async () => {
    const port = await closedPort();
    await assert.rejects(provider.invoke(token, { name: `127.0.0.1:${port}/demo/api:1.4` }), {
      message: refusal(
        "demo/api:1.4",
        `Error during registry request: Head "https://127.0.0.1:${port}/v2/demo/api/manifests/1.4": dial tcp 127.0.0.1:${port}: connect: connection refused`,
      ),
    });
  });

  it("tells a name that does not resolve", async () => {
    await assert.rejects(provider.invoke(token, { name: "registry.invalid/demo/api:1.4" }), (error: Error) =>
      /Error during registry request: Head "https:\/\/registry\.invalid\/v2\/demo\/api\/manifests\/1\.4": dial tcp: lookup registry\.invalid: (no such host|server misbehaving)\n\n$/.test(
        error.message,
      ),
    );
  });

  it("tells a registry that speaks no TLS", async () => {
    const plain = await startScriptedRegistry(() => found);
    const other = await configured([]);
    await assert.rejects(other.invoke(token, { name: `${plain.host}/demo/api:1.4` }), /http: server gave HTTP response to HTTPS client/);
    other.close();
    await plain.close();
  });

  it("refuses unknown arguments, functions and resources by name", async () => {
    const { failures } = await provider.invoke(token, { name: image, platform: "linux/arm64" });
    assert.equal(failures.length, 1);
    assert.ok(failures[0]?.startsWith("platform: "), failures[0]);
    await assert.rejects(
      provider.invoke("docker:index/getNetwork:getNetwork", {}),
      /docker:index\/getNetwork:getNetwork .*getRegistryImage/,
    );
    await assert.rejects(provider.check("docker:index/network:Network", {}), /docker:index\/network:Network/);
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
