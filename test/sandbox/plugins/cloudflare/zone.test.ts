import assert from "node:assert/strict";
import { unknown } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { cloudflareProvider } from "../../../../sandbox/plugins/cloudflare/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";
import { refusal, result, startScriptedApi } from "./support/scriptedApi.ts";
import type { ScriptedApi } from "./support/scriptedApi.ts";

const settingToken = "cloudflare:index/zoneSetting:ZoneSetting";
const pullsToken = "cloudflare:index/authenticatedOriginPullsSettings:AuthenticatedOriginPullsSettings";
const zoneToken = "cloudflare:index/getZone:getZone";
const rangesToken = "cloudflare:index/getIpRanges:getIpRanges";
const zoneId = "023e105f4ecef8ad9ca31a8372d0c353";
const zone = `/client/v4/zones/${zoneId}`;

describe("sandbox/plugins/cloudflare: zone", () => {
  let api: ScriptedApi;
  let provider: ProviderClient;

  before(async () => {
    api = await startScriptedApi();
    provider = await connect(cloudflareProvider, { apiToken: "t".repeat(40), baseUrl: api.baseUrl });
  });
  afterEach(() => assert.deepEqual(api.take(), [], "requests that the test did not expect"));
  after(async () => {
    provider.close();
    await api.close();
  });

  const asked = (): readonly unknown[] =>
    api.take().map(({ method, path, body }) => (body === undefined ? [method, path] : [method, path, body]));
  const warningsOf = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = provider.messages.length;
    await work();
    return provider.messages.slice(before).map(({ severity, message }) => `${severity}: ${message}`);
  };

  describe("ZoneSetting", () => {
    const inputs: Properties = { zoneId, settingId: "ssl", value: "strict" };
    const answer = { id: "ssl", value: "strict", editable: true, modified_on: "2026-01-02T03:04:05.6Z" };
    const state: Properties = { ...inputs, id: "ssl", editable: true, modifiedOn: "2026-01-02T03:04:05Z" };

    it("asks nothing in a preview", async () => {
      const planned = await provider.create(settingToken, inputs, { preview: true });
      assert.deepEqual(planned.state, {
        ...inputs,
        id: unknown,
        enabled: unknown,
        editable: unknown,
        modifiedOn: unknown,
        timeRemaining: unknown,
      });
    });

    it("patches the setting, and says that it will stay", async () => {
      api.script(result(answer));
      const warnings = await warningsOf(async () => assert.deepEqual(await provider.create(settingToken, inputs), { id: "ssl", state }));
      assert.deepEqual(asked(), [["PATCH", `${zone}/settings/ssl`, { value: "strict" }]]);
      assert.deepEqual(warnings, [
        "warning: a zone setting cannot be deleted: destroying this resource will leave the setting at Cloudflare as it is then",
      ]);
    });

    it("takes numbers and objects as values, with their names as they are", async () => {
      const value = { strict_transport_security: { enabled: true, max_age: 86_400 } };
      api.script(result({ ...answer, id: "security_header", value }), result({ ...answer, id: "browser_cache_ttl", value: 14_400 }));
      await provider.create(settingToken, { zoneId, settingId: "security_header", value });
      await provider.create(settingToken, { zoneId, settingId: "browser_cache_ttl", value: 14_400 });
      assert.deepEqual(asked(), [
        ["PATCH", `${zone}/settings/security_header`, { value }],
        ["PATCH", `${zone}/settings/browser_cache_ttl`, { value: 14_400 }],
      ]);
    });

    const cases: readonly (readonly [string, Properties, Readonly<Record<string, string>>, readonly string[]])[] = [
      ["nothing", {}, {}, []],
      [
        "another value, in place",
        { value: "full" },
        { value: "update", enabled: "add", editable: "update", modifiedOn: "update", timeRemaining: "add" },
        [],
      ],
      [
        "another setting, by replacement",
        { settingId: "min_tls_version", value: "1.2" },
        { settingId: "update-replace", value: "update", enabled: "add", editable: "update", modifiedOn: "update", timeRemaining: "add" },
        ["settingId"],
      ],
      [
        "another zone, by replacement",
        { zoneId: "0".repeat(32) },
        { zoneId: "update-replace", enabled: "add", editable: "update", modifiedOn: "update", timeRemaining: "add" },
        ["zoneId"],
      ],
    ];
    for (const [what, change, detailed, replaces] of cases) {
      it(`shows ${what}`, async () => {
        const found = await provider.diff(settingToken, { oldInputs: inputs, oldState: state, inputs: { ...inputs, ...change } });
        assert.deepEqual(found.detailed, detailed);
        assert.deepEqual(found.replaces, replaces);
      });
    }

    it("updates by PATCH of what changed", async () => {
      api.script(result({ ...answer, value: "full" }));
      const updated = await provider.update(settingToken, {
        id: "ssl",
        oldInputs: inputs,
        oldState: state,
        inputs: { ...inputs, value: "full" },
      });
      assert.deepEqual(updated, { ...state, value: "full" });
      assert.deepEqual(asked(), [["PATCH", `${zone}/settings/ssl`, { value: "full" }]]);
    });

    it("updates only the changed parts of a value that is an object", async () => {
      const header = (parts: Properties): Properties => ({
        zoneId,
        settingId: "security_header",
        value: { strict_transport_security: parts },
      });
      const before = header({ enabled: true, max_age: 86_400, nosniff: true });
      api.script(result({ ...answer, id: "security_header" }));
      await provider.update(settingToken, {
        id: "security_header",
        oldInputs: before,
        oldState: { ...before, id: "security_header", editable: true },
        inputs: header({ enabled: true, max_age: 0 }),
      });
      assert.deepEqual(asked(), [
        ["PATCH", `${zone}/settings/security_header`, { value: { strict_transport_security: { max_age: 0, nosniff: null } } }],
      ]);
    });

    it("refreshes, imports, drops what is gone, and asks nothing to delete", async () => {
      api.script(result({ ...answer, value: "flexible" }), result(answer), refusal(404, 1, "no such setting"));
      assert.equal((await provider.read(settingToken, { id: "ssl", inputs, state })).inputs["value"], "flexible");
      assert.deepEqual((await provider.read(settingToken, { id: `${zoneId}/ssl`, inputs: {}, state: {} })).inputs, inputs);
      assert.equal((await provider.read(settingToken, { id: "ssl", inputs, state })).id, "");
      assert.deepEqual(
        asked(),
        Array.from({ length: 3 }, () => ["GET", `${zone}/settings/ssl`]),
      );
      await provider.delete(settingToken, { id: "ssl", inputs, state });
    });
  });

  describe("AuthenticatedOriginPullsSettings", () => {
    const inputs: Properties = { zoneId, enabled: true };
    const state: Properties = { ...inputs, id: zoneId };

    it("puts, refreshes and leaves the switch of the zone", async () => {
      const address = `${zone}/origin_tls_client_auth/settings`;
      api.script(result({ enabled: true }), result({ enabled: false }), result({ enabled: false }), result({ enabled: true }));
      assert.deepEqual(await provider.create(pullsToken, inputs), { id: zoneId, state });
      assert.deepEqual(
        await provider.update(pullsToken, { id: zoneId, oldInputs: inputs, oldState: state, inputs: { zoneId, enabled: false } }),
        {
          ...state,
          enabled: false,
        },
      );
      assert.equal((await provider.read(pullsToken, { id: zoneId, inputs, state })).state["enabled"], false);
      assert.deepEqual(await provider.read(pullsToken, { id: zoneId, inputs: {}, state: {} }), { id: zoneId, inputs, state });
      await provider.delete(pullsToken, { id: zoneId, inputs, state });
      assert.deepEqual(asked(), [
        ["PUT", address, { enabled: true }],
        ["PUT", address, { enabled: false }],
        ["GET", address],
        ["GET", address],
      ]);
    });

    it("replaces for another zone and nothing else", async () => {
      const diff = (given: Properties): Promise<unknown> =>
        provider.diff(pullsToken, { oldInputs: inputs, oldState: state, inputs: given }).then(({ detailed }) => detailed);
      assert.deepEqual(await diff({ zoneId, enabled: false }), { enabled: "update" });
      assert.deepEqual(await diff({ zoneId: "0".repeat(32), enabled: true }), { zoneId: "update-replace" });
    });
  });

  describe("getZone", () => {
    const answer = {
      id: zoneId,
      name: "truealpha.test",
      status: "active",
      paused: false,
      type: "full",
      name_servers: ["a.ns.test", "b.ns.test"],
      account: { id: "a1", name: "Terrace" },
      meta: { cdn_only: false, page_rule_quota: 3 },
      plan: { id: "p", name: "Free", legacy_id: "free", price: 0 },
      created_on: "2026-01-02T03:04:05.6Z",
      development_mode: 0,
    };

    it("asks for a zone by its id", async () => {
      api.script(result(answer));
      const found = await provider.invoke(zoneToken, { zoneId });
      assert.deepEqual(asked(), [["GET", zone]]);
      assert.deepEqual(found.inputs, {
        id: zoneId,
        zoneId,
        name: "truealpha.test",
        status: "active",
        paused: false,
        type: "full",
        nameServers: ["a.ns.test", "b.ns.test"],
        account: { id: "a1", name: "Terrace" },
        meta: { cdnOnly: false, pageRuleQuota: 3 },
        plan: { id: "p", name: "Free", legacyId: "free", price: 0 },
        createdOn: "2026-01-02T03:04:05Z",
        developmentMode: 0,
      });
    });

    it("looks for a zone by a filter, then asks for it", async () => {
      api.script(result([answer]), result(answer));
      const filter = { name: "truealpha.test", status: "active", account: { id: "a1", name: "Terrace & Co" }, types: ["full", "partial"] };
      const found = await provider.invoke(zoneToken, { filter });
      assert.deepEqual(asked(), [
        ["GET", "/client/v4/zones?account.id=a1&account.name=Terrace+%26+Co&name=truealpha.test&status=active&type=full&type=partial"],
        ["GET", zone],
      ]);
      assert.equal(found.inputs["zoneId"], zoneId);
      assert.deepEqual(found.inputs["filter"], filter);
    });

    it("wants exactly one zone", async () => {
      api.script(result([]), result([answer, { ...answer, id: "f".repeat(32) }]));
      await assert.rejects(
        provider.invoke(zoneToken, { filter: { name: "nobody.test" } }),
        /^Error: failed to find exactly one result: 0 found$/,
      );
      await assert.rejects(
        provider.invoke(zoneToken, { filter: { name: "contains:a" } }),
        /^Error: failed to find exactly one result: 2 found$/,
      );
      assert.equal(api.take().length, 2);
    });

    it("wants exactly one way to say which", async () => {
      await assert.rejects(provider.invoke(zoneToken, {}), /takes exactly one of zoneId, filter; got none/);
      await assert.rejects(
        provider.invoke(zoneToken, { zoneId, filter: {} }),
        /takes exactly one of zoneId, filter; got zoneId and filter/,
      );
      await assert.rejects(provider.invoke(zoneToken, { zoneId: "" }), /zoneId: must be a text that is known and not empty/);
    });

    it("fails with Cloudflare's words", async () => {
      api.script(refusal(403, 9109, "Unauthorized to access requested resource"));
      await assert.rejects(
        provider.invoke(zoneToken, { zoneId }),
        /^Error: failed to make http request: GET ".*": 403 Forbidden .*Unauthorized to access requested resource/,
      );
      api.take();
    });
  });

  it("getIpRanges asks for the edge's addresses", async () => {
    const answer = { etag: "38f79d05", ipv4_cidrs: ["173.245.48.0/20"], ipv6_cidrs: ["2400:cb00::/32"] };
    api.script(result(answer), result({ ...answer, jdcloud_cidrs: ["1.2.3.0/24"] }));
    const plain = { etag: "38f79d05", ipv4Cidrs: ["173.245.48.0/20"], ipv6Cidrs: ["2400:cb00::/32"] };
    assert.deepEqual((await provider.invoke(rangesToken, {})).inputs, plain);
    assert.deepEqual((await provider.invoke(rangesToken, { networks: "jdcloud" })).inputs, {
      ...plain,
      networks: "jdcloud",
      jdcloudCidrs: ["1.2.3.0/24"],
    });
    assert.deepEqual(asked(), [
      ["GET", "/client/v4/ips"],
      ["GET", "/client/v4/ips?networks=jdcloud"],
    ]);
  });

  it("refuses what it does not have by name, and says what it has", async () => {
    await assert.rejects(
      provider.check("cloudflare:index/workersScript:WorkersScript", {}),
      /cloudflare:index\/workersScript:WorkersScript .*cloudflare:index\/dnsRecord:DnsRecord/,
    );
    await assert.rejects(
      provider.invoke("cloudflare:index/getZones:getZones", {}),
      /cloudflare:index\/getZones:getZones .*cloudflare:index\/getZone:getZone/,
    );
  });
});
