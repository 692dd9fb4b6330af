import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accountId, dnsOnlyToken, startBench, token, zoneId, type Bench } from "./api.ts";

const control = async (bench: Bench, name: string, argument?: unknown): Promise<void> => {
  await bench.service.controls?.[name]?.(argument);
};

describe("Cloudflare emulator: access, zones, settings, bad days", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.close());

  it("says what it is", async () => {
    const page = await bench.call("GET", "/");
    assert.equal(page.headers["x-terrace-emulator"], "cloudflare");
    assert.match(page.text, /This is an emulator of Cloudflare's API/);
  });

  it("verifies a token", async () => {
    const answer = await bench.call("GET", "user/tokens/verify");
    assert.deepEqual([answer.status, answer.result["status"], answer.messages[0]?.code], [200, "active", 10000]);
  });

  const strangers: readonly (readonly [what: string, headers: Record<string, string>, path: string, status: number, code: number])[] = [
    ["no token", { authorization: "" }, "zones", 400, 6003],
    ["a token of another shape", { authorization: "Bearer short" }, "zones", 400, 6003],
    ["basic authentication", { authorization: "Basic dXNlcjpwYXNz" }, "zones", 400, 6003],
    ["an unknown token at verify", { authorization: `Bearer ${"x".repeat(40)}` }, "user/tokens/verify", 401, 1000],
    ["an unknown token", { authorization: `Bearer ${"x".repeat(40)}` }, `zones/${zoneId}`, 403, 9109],
    ["the wrong zone", {}, `zones/${"f".repeat(32)}`, 403, 9109],
    ["records of the wrong zone", {}, `zones/${"f".repeat(32)}/dns_records`, 403, 10000],
    ["a zone's name in place of its id", {}, "zones/truealpha.test/dns_records", 404, 7003],
    ["a scope the token lacks", { authorization: `Bearer ${dnsOnlyToken}` }, `zones/${zoneId}/settings/ssl`, 403, 10000],
    ["a path nobody knows", {}, `zones/${zoneId}/page_rules`, 404, 7000],
    ["a path outside the API", {}, "/api/v5/zones", 404, 7000],
    ["a query parameter nobody knows", {}, "zones?colour=red", 400, 99000],
  ];
  for (const [what, headers, path, status, code] of strangers) {
    it(`answers ${what} with ${status} and ${code}`, async () => {
      const answer = await bench.call("GET", path, undefined, headers);
      assert.deepEqual([answer.status, answer.success, answer.result, answer.errors[0]?.code], [status, false, null, code]);
    });
  }

  it("answers a method it does not know with 405, a body that is not JSON with 400", async () => {
    assert.equal((await bench.call("DELETE", `zones/${zoneId}/settings/ssl`)).status, 405);
    assert.equal((await bench.call("POST", `zones/${zoneId}/dns_records`, "{")).errors[0]?.code, 6007);
    assert.equal((await bench.call("POST", `zones/${zoneId}/dns_records`, "a=b", { "content-type": "text/plain" })).status, 400);
  });

  it("finds the zone by name and by id", async () => {
    const found = await bench.call("GET", "zones?name=truealpha.test&status=active");
    assert.deepEqual([found.result.length, found.result[0]?.["id"], found.result_info?.["total_count"]], [1, zoneId, 1]);
    assert.deepEqual((found.result[0]?.["account"] as Record<string, unknown>)["id"], accountId);
    assert.deepEqual((await bench.call("GET", "zones?name=example.com")).result, []);
    assert.equal((await bench.call("GET", `zones/${zoneId}`)).result["name"], "truealpha.test");
  });

  it("answers /ips without a token", async () => {
    const answer = await bench.call("GET", "ips", undefined, { authorization: "" });
    assert.deepEqual([answer.status, answer.result["ipv4_cidrs"]], [200, ["198.18.16.0/24"]]);
  });

  it("keeps zone settings, judges their values, and knows no others", async () => {
    const settings = `zones/${zoneId}/settings`;
    assert.deepEqual((await bench.call("GET", `${settings}/min_tls_version`)).result, {
      id: "min_tls_version",
      value: "1.0",
      modified_on: null,
      editable: true,
    });
    const changed = await bench.call("PATCH", `${settings}/min_tls_version`, { value: "1.2" });
    assert.deepEqual([changed.status, changed.result["value"]], [200, "1.2"]);
    await bench.restart();
    assert.equal((await bench.call("GET", `${settings}/min_tls_version`)).result["value"], "1.2");
    assert.equal((await bench.call("PATCH", `${settings}/min_tls_version`, { value: "1.4" })).errors[0]?.code, 1007);
    assert.equal((await bench.call("PATCH", `${settings}/minTlsVersion`, { value: "1.2" })).errors[0]?.code, 1006);
    assert.equal((await bench.call("PATCH", `${settings}/ssl`, { value: "strict", enabled: true })).errors[0]?.code, 99000);
    assert.equal((await bench.call("PATCH", `${settings}/always_use_https`, { value: true })).errors[0]?.code, 1007);
    const header = { strict_transport_security: { enabled: true, max_age: 300, include_subdomains: false } };
    assert.equal((await bench.call("PATCH", `${settings}/security_header`, { value: header })).status, 200);
    assert.ok((await bench.call("GET", settings)).result.some((setting) => setting["id"] === "ssl" && setting["value"] === "full"));
  });

  it("switches authenticated origin pulls", async () => {
    const path = `zones/${zoneId}/origin_tls_client_auth/settings`;
    assert.deepEqual((await bench.call("GET", path)).result, { enabled: false });
    assert.deepEqual((await bench.call("PUT", path, { enabled: true })).result, { enabled: true });
    assert.equal((await bench.call("PUT", path, { enabled: "yes" })).status, 400);
    assert.deepEqual((await bench.call("GET", path)).result, { enabled: true });
  });

  it("logs method, path, status and whether it was a write, and never a token or a body", async () => {
    const path = `zones/${zoneId}/dns_records`;
    await bench.call("GET", `${path}?name=a`);
    await bench.call("POST", path, { name: "a", type: "TXT", content: "canary-value" });
    await bench.call("POST", path, { name: "a", type: "LOC", content: "x" });
    await bench.call("GET", "zones", undefined, { authorization: `Bearer ${"y".repeat(40)}` });
    const lines = await bench.log();
    assert.deepEqual(
      lines.map(({ method, path: logged, status, write }) => [method, logged, status, write]),
      [
        ["GET", `/client/v4/${path}`, 200, false],
        ["POST", `/client/v4/${path}`, 200, true],
        ["POST", `/client/v4/${path}`, 400, true],
        ["GET", "/client/v4/zones", 403, false],
      ],
    );
    assert.match(String(lines[2]?.["refused"]), /DNS record type "LOC"/);
    const text = JSON.stringify(lines);
    for (const secret of [token, "canary-value", "y".repeat(40)]) assert.equal(text.includes(secret), false, secret);
  });

  it("keeps its state private, and refuses to start on one it does not understand", async () => {
    const file = join(bench.directory, "cloudflare.json");
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const text = await readFile(file, "utf8");
    await bench.service.close();
    await writeFile(file, '{"version":2}');
    await assert.rejects(bench.restart(), /cloudflare\.json: is not a state this emulator knows/);
    assert.equal(await readFile(file, "utf8"), '{"version":2}');
    await writeFile(file, text);
    await bench.restart();
  });

  it("has bad days: outage, rate limit, lost connections, slowness, and ends them", async () => {
    await control(bench, "outage", { status: 502, remaining: 1 });
    assert.equal((await bench.call("GET", "zones")).status, 502);
    assert.equal((await bench.call("GET", "zones")).status, 200);
    await control(bench, "rateLimit", { retryAfterSeconds: 7, method: "GET" });
    const limited = await bench.call("GET", "zones");
    assert.deepEqual([limited.status, limited.headers["retry-after"], limited.errors[0]?.code], [429, "7", 971]);
    await control(bench, "restore");
    await control(bench, "drop", { path: "dns_records" });
    await assert.rejects(bench.call("GET", `zones/${zoneId}/dns_records`), /socket hang up|ECONNRESET/);
    assert.equal((await bench.call("GET", "zones")).status, 200);
    await control(bench, "restore");
    await control(bench, "slow", { milliseconds: 150 });
    const started = performance.now();
    await bench.call("GET", "zones");
    assert.ok(performance.now() - started >= 149);
    await assert.rejects(control(bench, "outage", { status: 200 }));
    await assert.rejects(control(bench, "slow", { seconds: 1 }));
  });

  it("can take scopes from a token and give them back", async () => {
    await control(bench, "scopes", { token: "staging", scopes: ["zone:read"] });
    assert.equal((await bench.call("GET", `zones/${zoneId}/dns_records`)).errors[0]?.code, 10000);
    await control(bench, "scopes", { token: "staging" });
    assert.equal((await bench.call("GET", `zones/${zoneId}/dns_records`)).status, 200);
    await assert.rejects(async () => control(bench, "scopes", { token: "nobody", scopes: [] }), /no token "nobody"/);
  });
});

describe("Cloudflare emulator: request limit", () => {
  it("answers 429 with Retry-After per token until the window ends", async () => {
    let now = 1_000_000;
    const bench = await startBench({ rateLimit: { requests: 3, windowSeconds: 300 }, now: () => now });
    try {
      for (let index = 0; index < 3; index += 1) assert.equal((await bench.call("GET", "zones")).status, 200);
      now += 100_000;
      const limited = await bench.call("POST", `zones/${zoneId}/dns_records`, { name: "a", type: "A", content: "1.2.3.4" });
      assert.deepEqual([limited.status, limited.headers["retry-after"]], [429, "200"]);
      assert.equal((await bench.call("GET", "zones", undefined, { authorization: `Bearer ${dnsOnlyToken}` })).status, 200);
      now += 200_000;
      assert.equal((await bench.call("GET", `zones/${zoneId}/dns_records`)).result.length, 0);
      assert.deepEqual(
        (await bench.log()).filter((line) => line["write"]),
        [],
      );
    } finally {
      await bench.close();
    }
  });
});
