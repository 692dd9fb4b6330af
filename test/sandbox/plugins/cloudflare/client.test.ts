import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { cloudflareClient, retryDelay } from "../../../../sandbox/plugins/cloudflare/client.ts";
import type { CloudflareClient } from "../../../../sandbox/plugins/cloudflare/client.ts";
import { refusal, result, startScriptedApi } from "./support/scriptedApi.ts";
import type { ScriptedApi } from "./support/scriptedApi.ts";

const apiToken = "token-of-the-test-0123456789-0123456789-0123";

describe("sandbox/plugins/cloudflare: client", () => {
  let api: ScriptedApi;
  let pauses: number[];
  let client: CloudflareClient;

  const clientFor = (baseUrl: string): CloudflareClient =>
    cloudflareClient({
      baseUrl,
      apiToken,
      userAgent: "test/1",
      pause: (milliseconds) => {
        pauses.push(milliseconds);
        return Promise.resolve();
      },
    });

  beforeEach(async () => {
    api = await startScriptedApi();
    pauses = [];
    client = clientFor(api.baseUrl);
  });
  afterEach(() => api.close());

  it("sends method, path, body and token, and returns the result", async () => {
    api.script(result({ id: "1" }));
    const answer = await client.call({ method: "POST", path: "zones/z/dns_records", body: { name: "ä" } });
    assert.deepEqual(answer, { id: "1" });
    assert.deepEqual(api.take(), [
      {
        method: "POST",
        path: "/client/v4/zones/z/dns_records",
        body: { name: "ä" },
        authorization: `Bearer ${apiToken}`,
        contentType: "application/json",
        retry: "0",
      },
    ]);
  });

  it("takes a base URL without its last slash", async () => {
    api.script(result(1));
    await clientFor(api.baseUrl.replace(/\/$/, "")).call({ method: "GET", path: "ips" });
    assert.deepEqual(
      api.take().map(({ path, contentType }) => [path, contentType]),
      [["/client/v4/ips", undefined]],
    );
  });

  it("reads an answer without a body as no result", async () => {
    api.script({ status: 204 });
    assert.equal(await client.call({ method: "DELETE", path: "zones/z/rulesets/r" }), undefined);
  });

  for (const status of [400, 401, 403, 404]) {
    it(`fails at once on ${status}, with Cloudflare's own words`, async () => {
      api.script(refusal(status, 9106, "something is wrong"));
      await assert.rejects(client.call({ method: "PUT", path: "zones/z/x", body: {} }), (error: Error) => {
        assert.match(
          error.message,
          new RegExp(`^PUT "${api.baseUrl}zones/z/x": ${status} [A-Z][A-Za-z ]+ \\{"success":false,.*"something is wrong"`),
        );
        return true;
      });
      assert.equal(api.take().length, 1);
      assert.deepEqual(pauses, []);
    });
  }

  it("retries 5xx after 2, 4, … seconds less up to a quarter, and says which try it is", async () => {
    api.script(refusal(503, 1, "later"), refusal(502, 1, "later"), result("at last"));
    assert.equal(await client.call({ method: "GET", path: "ips" }), "at last");
    assert.deepEqual(
      api.take().map(({ retry }) => retry),
      ["0", "1", "2"],
    );
    const [first = 0, second = 0] = pauses;
    assert.equal(pauses.length, 2);
    assert.ok(first > 1500 && first <= 2000, `first pause ${first}`);
    assert.ok(second > 3000 && second <= 4000, `second pause ${second}`);
  });

  it("gives up after ten retries, which take two and a half to three and a half minutes, with the last answer", async () => {
    api.script(...Array.from({ length: 11 }, (_, index) => refusal(500, index, `failure ${index}`)));
    await assert.rejects(client.call({ method: "GET", path: "ips" }), /500 Internal Server Error .*failure 10/);
    assert.equal(api.take().length, 11);
    const total = pauses.reduce((sum, pause) => sum + pause, 0);
    assert.ok(total > 157_000 && total <= 210_000, `paused ${total} ms`);
  });

  it("honours Retry-After of a 429 in seconds, milliseconds and as a date", async () => {
    const date = new Date(Date.now() + 20_000).toUTCString();
    api.script(
      refusal(429, 1, "slow", { "retry-after": "7" }),
      refusal(429, 1, "slow", { "retry-after-ms": "250", "retry-after": "9" }),
      refusal(429, 1, "slow", { "retry-after": date }),
      result("done"),
    );
    assert.equal(await client.call({ method: "GET", path: "ips" }), "done");
    assert.deepEqual(pauses.slice(0, 2), [7000, 250]);
    assert.ok((pauses[2] ?? 0) > 17_000 && (pauses[2] ?? 0) <= 20_000, `pause until a date: ${pauses[2]}`);
  });

  it("does not wait a minute because the API says so", () => {
    const answer = { status: 429, statusText: "", headers: { "retry-after": "60" }, body: Buffer.alloc(0) };
    assert.equal(
      retryDelay(answer, 0, () => 0),
      2000,
    );
    assert.equal(
      retryDelay({ ...answer, headers: { "retry-after": "59" } }, 0, () => 0),
      59_000,
    );
    assert.equal(
      retryDelay(null, 9, () => 0),
      30_000,
    );
  });

  it("lets x-should-retry overrule the status", async () => {
    api.script(refusal(503, 1, "do not", { "x-should-retry": "false" }));
    await assert.rejects(client.call({ method: "GET", path: "ips" }), /503/);
    api.script(refusal(400, 1, "again", { "x-should-retry": "true" }), result("yes"));
    assert.equal(await client.call({ method: "GET", path: "ips" }), "yes");
    assert.equal(pauses.length, 1);
  });

  it("retries a refused connection and words it as Go does", async () => {
    const { port } = await closedPort();
    await assert.rejects(clientFor(`http://127.0.0.1:${port}/client/v4/`).call({ method: "GET", path: "ips" }), {
      message: `Get "http://127.0.0.1:${port}/client/v4/ips": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    });
    assert.equal(pauses.length, 10);
  });

  it("stops waiting when the engine cancels", async () => {
    const controller = new AbortController();
    api.script(refusal(503, 1, "later"));
    const waiting = cloudflareClient({ baseUrl: api.baseUrl, apiToken, userAgent: "test/1" });
    const call = waiting.call({ method: "GET", path: "ips", signal: controller.signal });
    setImmediate(() => controller.abort(new Error("cancelled by the engine")));
    await assert.rejects(call, (error: Error) => error.name === "AbortError" || error.message === "cancelled by the engine");
    assert.ok(api.take().length <= 1);
  });

  it("says so when the answer is not JSON", async () => {
    api.script({ status: 200, headers: { "Content-Type": "text/html" }, text: "<html>" });
    await assert.rejects(client.call({ method: "GET", path: "ips" }), /200 with 6 bytes of text\/html, which is not JSON/);
    api.script({ status: 404, text: "<html>not here</html>" });
    await assert.rejects(client.call({ method: "GET", path: "ips" }), (error: Error) => error.message.endsWith("404 Not Found "));
  });

  it("never shows the token", async () => {
    const failures: string[] = [];
    for (const answer of [
      refusal(400, 1, "no"),
      refusal(403, 10000, "Authentication error"),
      { status: 302, headers: { location: "/" } },
    ]) {
      api.script(answer);
      await client.call({ method: "GET", path: "ips" }).catch((error: unknown) => failures.push(String(error)));
    }
    assert.equal(failures.length, 3);
    assert.ok(!failures.join("\n").includes(apiToken));
  });
});

async function closedPort(): Promise<{ readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return { port };
}
