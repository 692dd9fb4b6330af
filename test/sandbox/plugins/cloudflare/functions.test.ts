import assert from "node:assert/strict";
import { connectedProvider, zoneId } from "./support/provider.ts";
import { refusal, result } from "./support/scriptedApi.ts";

const zoneToken = "cloudflare:index/getZone:getZone";
const rangesToken = "cloudflare:index/getIpRanges:getIpRanges";
const zone = `/client/v4/zones/${zoneId}`;

describe("sandbox/plugins/cloudflare: functions", () => {
  const test = connectedProvider();

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
      test.api.script(result(answer));
      const found = await test.provider.invoke(zoneToken, { zoneId });
      assert.deepEqual(test.asked(), [["GET", zone]]);
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
      test.api.script(result([answer]), result(answer));
      const filter = { name: "truealpha.test", status: "active", account: { id: "a1", name: "Terrace & Co" }, types: ["full", "partial"] };
      const found = await test.provider.invoke(zoneToken, { filter });
      assert.deepEqual(test.asked(), [
        ["GET", "/client/v4/zones?account.id=a1&account.name=Terrace+%26+Co&name=truealpha.test&status=active&type=full&type=partial"],
        ["GET", zone],
      ]);
      assert.equal(found.inputs["zoneId"], zoneId);
      assert.deepEqual(found.inputs["filter"], filter);
    });

    it("wants exactly one zone", async () => {
      test.api.script(result([]), result([answer, { ...answer, id: "f".repeat(32) }]));
      await assert.rejects(
        test.provider.invoke(zoneToken, { filter: { name: "nobody.test" } }),
        /^Error: failed to find exactly one result: 0 found$/,
      );
      await assert.rejects(
        test.provider.invoke(zoneToken, { filter: { name: "contains:a" } }),
        /^Error: failed to find exactly one result: 2 found$/,
      );
      assert.equal(test.api.take().length, 2);
    });

    it("wants exactly one way to say which", async () => {
      await assert.rejects(test.provider.invoke(zoneToken, {}), /takes exactly one of zoneId, filter; got none/);
      await assert.rejects(
        test.provider.invoke(zoneToken, { zoneId, filter: {} }),
        /takes exactly one of zoneId, filter; got zoneId and filter/,
      );
      await assert.rejects(test.provider.invoke(zoneToken, { zoneId: "" }), /zoneId: must be a text that is known and not empty/);
    });

    it("fails with Cloudflare's words", async () => {
      test.api.script(refusal(403, 9109, "Unauthorized to access requested resource"));
      await assert.rejects(
        test.provider.invoke(zoneToken, { zoneId }),
        /^Error: failed to make http request: GET ".*": 403 Forbidden .*Unauthorized to access requested resource/,
      );
      test.api.take();
    });
  });

  it("getIpRanges asks for the edge's addresses", async () => {
    const answer = { etag: "38f79d05", ipv4_cidrs: ["173.245.48.0/20"], ipv6_cidrs: ["2400:cb00::/32"] };
    test.api.script(result(answer), result({ ...answer, jdcloud_cidrs: ["1.2.3.0/24"] }));
    const plain = { etag: "38f79d05", ipv4Cidrs: ["173.245.48.0/20"], ipv6Cidrs: ["2400:cb00::/32"] };
    assert.deepEqual((await test.provider.invoke(rangesToken, {})).inputs, plain);
    assert.deepEqual((await test.provider.invoke(rangesToken, { networks: "jdcloud" })).inputs, {
      ...plain,
      networks: "jdcloud",
      jdcloudCidrs: ["1.2.3.0/24"],
    });
    assert.deepEqual(test.asked(), [
      ["GET", "/client/v4/ips"],
      ["GET", "/client/v4/ips?networks=jdcloud"],
    ]);
  });

  it("refuses what it does not have by name, and says what it has", async () => {
    await assert.rejects(
      test.provider.check("cloudflare:index/workersScript:WorkersScript", {}),
      /cloudflare:index\/workersScript:WorkersScript .*cloudflare:index\/dnsRecord:DnsRecord/,
    );
    await assert.rejects(
      test.provider.invoke("cloudflare:index/getZones:getZones", {}),
      /cloudflare:index\/getZones:getZones .*cloudflare:index\/getZone:getZone/,
    );
  });
});
