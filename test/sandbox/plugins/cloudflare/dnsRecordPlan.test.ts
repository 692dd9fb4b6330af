import assert from "node:assert/strict";
import { unknown } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { inputs, state, token } from "./support/dnsRecord.ts";
import { connectedProvider } from "./support/provider.ts";

describe("sandbox/plugins/cloudflare: DnsRecord, check and diff", () => {
  const test = connectedProvider();

  describe("check", () => {
    it("passes inputs on as they are", async () => {
      assert.deepEqual(await test.provider.check(token, inputs), { inputs, failures: [] });
    });

    const cases: readonly (readonly [string, Properties, string])[] = [
      ["a missing zone", { zoneId: null }, "zoneId: Missing required property 'zoneId'"],
      ["an unknown record type", { type: "AA" }, "type: must be one of A, AAAA, CNAME, MX"],
      ["a priority out of range", { type: "MX", priority: 70_000 }, "priority: must be between 0 and 65535; got 70000"],
      ["content and data together", { data: { tag: "issue", value: "x" } }, "takes one of content, data; got content and data"],
      ["an output as an input", { createdOn: "2026-01-01T00:00:00Z" }, "createdOn: "],
      ["a property that this plugin does not have", { includeShadowMetadata: true }, "includeShadowMetadata: "],
      ["a name inside settings that nobody knows", { settings: { ipv5Only: true } }, "settings.ipv5Only: "],
    ];
    for (const [what, change, expected] of cases) {
      it(`refuses ${what} by name`, async () => {
        const { failures } = await test.provider.check(token, { ...inputs, ...change });
        assert.equal(failures.length, 1, failures.join("\n"));
        assert.ok(failures[0]?.startsWith(expected), failures[0]);
      });
    }

    it("lets values through that are not known yet", async () => {
      assert.deepEqual((await test.provider.check(token, { ...inputs, content: unknown, zoneId: unknown })).failures, []);
    });
  });

  describe("diff", () => {
    const cases: readonly (readonly [string, Properties, Readonly<Record<string, string>>, readonly string[]])[] = [
      ["nothing", {}, {}, []],
      ["new content, in place", { content: "198.18.16.12" }, { content: "update", modifiedOn: "update" }, []],
      ["a new name, in place", { name: "new.truealpha.test" }, { name: "update", modifiedOn: "update" }, []],
      ["another TTL and no proxy", { ttl: 300, proxied: false }, { ttl: "update", proxied: "update", modifiedOn: "update" }, []],
      [
        "a first comment, whose date only the API knows",
        { comment: "c" },
        { comment: "add", commentModifiedOn: "add", modifiedOn: "update" },
        [],
      ],
      ["another zone, by replacement", { zoneId: "f".repeat(32) }, { zoneId: "update-replace" }, ["zoneId"]],
      [
        "another type, by replacement",
        { type: "AAAA", content: "2001:db8::1" },
        { type: "update-replace", content: "update", modifiedOn: "update" },
        ["type"],
      ],
      ["content that is not known yet", { content: unknown }, { content: "update", modifiedOn: "update" }, []],
      ["a zone that is not known yet, by replacement", { zoneId: unknown }, { zoneId: "update-replace" }, ["zoneId"]],
      ["no change: settings that say nothing", { settings: {} }, {}, []],
      ["no change: no tags", { tags: [] }, {}, []],
      ["no change: a name that Cloudflare has completed", { name: "app" }, {}, []],
    ];
    for (const [what, change, detailed, replaces] of cases) {
      it(`shows ${what}`, async () => {
        const found = await test.provider.diff(token, { oldInputs: inputs, oldState: state, inputs: { ...inputs, ...change } });
        assert.deepEqual(found.detailed, detailed);
        assert.deepEqual(found.replaces, replaces);
        assert.equal(found.changes, Object.keys(detailed).length > 0);
      });
    }

    it("does not see the case of a CNAME's target", async () => {
      const cname = { ...inputs, type: "CNAME", content: "App.Truealpha.Test" };
      const settings = { ipv4Only: false, ipv6Only: false, flattenCname: false };
      const oldState = { ...state, ...cname, content: "app.truealpha.test", settings };
      assert.deepEqual((await test.provider.diff(token, { oldInputs: cname, oldState, inputs: cname })).detailed, {});
    });
  });
});
