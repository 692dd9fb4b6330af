import assert from "node:assert/strict";
import { Secret, unknown } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { cloudflareProvider } from "../../../../sandbox/plugins/cloudflare/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";
import { refusal, result, startScriptedApi } from "./support/scriptedApi.ts";
import type { ScriptedApi } from "./support/scriptedApi.ts";

const token = "cloudflare:index/dnsRecord:DnsRecord";
const apiToken = "token-of-the-test-0123456789-0123456789-0123";
const zoneId = "023e105f4ecef8ad9ca31a8372d0c353";
const records = `/client/v4/zones/${zoneId}/dns_records`;

const inputs: Properties = { zoneId, name: "app.truealpha.test", type: "A", content: "198.18.16.11", ttl: 1, proxied: true };
const answer = {
  id: "372e67954025e0ba6aaa6d586b9e0b59",
  name: "app.truealpha.test",
  type: "A",
  content: "198.18.16.11",
  proxiable: true,
  proxied: true,
  ttl: 1,
  settings: {},
  meta: {},
  comment: null,
  tags: [],
  created_on: "2026-01-02T03:04:05.678901Z",
  modified_on: "2026-01-02T03:04:05.678901Z",
};
const state: Properties = {
  ...inputs,
  id: answer.id,
  tags: [],
  settings: {},
  proxiable: true,
  meta: "{}",
  createdOn: "2026-01-02T03:04:05Z",
  modifiedOn: "2026-01-02T03:04:05Z",
};

describe("sandbox/plugins/cloudflare: DnsRecord", () => {
  let api: ScriptedApi;
  let provider: ProviderClient;

  before(async () => {
    api = await startScriptedApi();
    provider = await connect(cloudflareProvider, { apiToken: new Secret(apiToken), baseUrl: api.baseUrl });
  });
  afterEach(() => assert.deepEqual(api.take(), [], "requests that the test did not expect"));
  after(async () => {
    provider.close();
    await api.close();
  });

  const asked = (): readonly unknown[] =>
    api.take().map(({ method, path, body }) => (body === undefined ? [method, path] : [method, path, body]));

  describe("check", () => {
    it("passes inputs on as they are", async () => {
      assert.deepEqual(await provider.check(token, inputs), { inputs, failures: [] });
    });

    const cases: readonly (readonly [string, Properties, string])[] = [
      ["a missing zone", { zoneId: null }, "zoneId: Missing required property 'zoneId'"],
      ["an unknown record type", { type: "AA" }, "type: must be one of A, AAAA, CNAME, MX"],
      ["a priority out of range", { type: "MX", priority: 70_000 }, "priority: must be between 0 and 65535; got 70000"],
      ["content and data together", { data: { tag: "issue", value: "x" } }, ": takes one of content, data; got content and data"],
      ["an output as an input", { createdOn: "2026-01-01T00:00:00Z" }, "createdOn: "],
      ["a property that this plugin does not have", { includeShadowMetadata: true }, "includeShadowMetadata: "],
      ["a name inside settings that nobody knows", { settings: { ipv5Only: true } }, "settings.ipv5Only: "],
    ];
    for (const [what, change, expected] of cases) {
      it(`refuses ${what} by name`, async () => {
        const { failures } = await provider.check(token, { ...inputs, ...change });
        assert.equal(failures.length, 1, failures.join("\n"));
        assert.ok(failures[0]?.startsWith(expected), failures[0]);
      });
    }

    it("lets values through that are not known yet", async () => {
      assert.deepEqual((await provider.check(token, { ...inputs, content: unknown, zoneId: unknown })).failures, []);
    });
  });

  describe("create", () => {
    it("asks nothing in a preview and shows what only the API can tell as unknown", async () => {
      assert.deepEqual(await provider.create(token, inputs, { preview: true }), {
        id: "",
        state: {
          ...inputs,
          id: unknown,
          tags: unknown,
          settings: unknown,
          proxiable: unknown,
          meta: unknown,
          createdOn: unknown,
          modifiedOn: unknown,
          tagsModifiedOn: unknown,
        },
      });
    });

    it("posts the record and keeps the answer", async () => {
      api.script(result(answer));
      assert.deepEqual(await provider.create(token, inputs), { id: answer.id, state });
      assert.deepEqual(asked(), [
        ["POST", records, { content: "198.18.16.11", name: "app.truealpha.test", proxied: true, ttl: 1, type: "A" }],
      ]);
    });

    it("sends the token", async () => {
      api.script(result(answer));
      await provider.create(token, inputs);
      assert.deepEqual(
        api.take().map(({ authorization }) => authorization),
        [`Bearer ${apiToken}`],
      );
    });

    it("does not proxy unless told to", async () => {
      api.script(result({ ...answer, type: "TXT", proxied: false }));
      await provider.create(token, { zoneId, name: "truealpha.test", type: "TXT", content: '"v=spf1 -all"', ttl: 300 });
      assert.deepEqual(asked(), [
        ["POST", records, { content: '"v=spf1 -all"', name: "truealpha.test", proxied: false, ttl: 300, type: "TXT" }],
      ]);
    });

    it("sends priority, comment, tags and data", async () => {
      api.script(result({ ...answer, type: "MX" }), result({ ...answer, type: "CAA", content: '0 issue "ca.test"' }));
      await provider.create(token, {
        zoneId,
        name: "truealpha.test",
        type: "MX",
        content: "mx.test",
        ttl: 60,
        priority: 10,
        comment: "mail",
        tags: ["a:b"],
      });
      const made = await provider.create(token, {
        zoneId,
        name: "truealpha.test",
        type: "CAA",
        ttl: 60,
        data: { flags: 0, tag: "issue", value: "ca.test" },
      });
      assert.deepEqual(asked(), [
        [
          "POST",
          records,
          { comment: "mail", content: "mx.test", name: "truealpha.test", priority: 10, proxied: false, tags: ["a:b"], ttl: 60, type: "MX" },
        ],
        [
          "POST",
          records,
          { data: { flags: 0, tag: "issue", value: "ca.test" }, name: "truealpha.test", proxied: false, ttl: 60, type: "CAA" },
        ],
      ]);
      assert.equal(made.state["content"], '0 issue "ca.test"');
    });

    it("gives a CNAME its three settings whatever the API says", async () => {
      api.script(result({ ...answer, type: "CNAME", settings: undefined }));
      const made = await provider.create(token, {
        zoneId,
        name: "www.truealpha.test",
        type: "CNAME",
        content: "app.truealpha.test",
        ttl: 1,
        proxied: true,
      });
      assert.deepEqual(made.state["settings"], { ipv4Only: false, ipv6Only: false, flattenCname: false });
      api.take();
    });

    it("refuses a proxied record with a TTL of its own before it asks", async () => {
      await assert.rejects(
        provider.create(token, { ...inputs, ttl: 300 }),
        /^Error: ttl must be set to 1 when `proxied` is true: .*got 300$/,
      );
    });

    it("fails with Cloudflare's words, once, and without the token", async () => {
      api.script(refusal(400, 81058, "An identical record already exists."));
      await assert.rejects(provider.create(token, inputs), (error: Error) => {
        assert.match(
          error.message,
          /^failed to make http request: POST "http:.*\/dns_records": 400 Bad Request \{.*"code":81058,"message":"An identical record already exists\."/,
        );
        assert.ok(!error.message.includes(apiToken));
        return true;
      });
      assert.equal(api.take().length, 1);
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
        const found = await provider.diff(token, { oldInputs: inputs, oldState: state, inputs: { ...inputs, ...change } });
        assert.deepEqual(found.detailed, detailed);
        assert.deepEqual(found.replaces, replaces);
        assert.equal(found.changes, Object.keys(detailed).length > 0);
      });
    }

    it("does not see the case of a CNAME's target", async () => {
      const cname = { ...inputs, type: "CNAME", content: "App.Truealpha.Test" };
      const settings = { ipv4Only: false, ipv6Only: false, flattenCname: false };
      const oldState = { ...state, ...cname, content: "app.truealpha.test", settings };
      assert.deepEqual((await provider.diff(token, { oldInputs: cname, oldState, inputs: cname })).detailed, {});
    });
  });

  describe("update", () => {
    const change = { id: answer.id, oldInputs: inputs, oldState: state, inputs: { ...inputs, content: "198.18.16.12" } };

    it("asks nothing in a preview and keeps what a change cannot touch", async () => {
      const planned = await provider.update(token, change, { preview: true });
      assert.deepEqual(planned, { ...state, content: "198.18.16.12", modifiedOn: unknown });
    });

    it("puts the whole record", async () => {
      api.script(result({ ...answer, content: "198.18.16.12", modified_on: "2026-02-02T00:00:00Z" }));
      const updated = await provider.update(token, change);
      assert.deepEqual(updated, { ...state, content: "198.18.16.12", modifiedOn: "2026-02-02T00:00:00Z" });
      assert.deepEqual(asked(), [
        [
          "PUT",
          `${records}/${answer.id}`,
          { content: "198.18.16.12", name: "app.truealpha.test", proxied: true, settings: {}, tags: [], ttl: 1, type: "A" },
        ],
      ]);
    });

    it("takes a comment away with an explicit null", async () => {
      const commented = { ...state, comment: "c", commentModifiedOn: "2026-01-02T03:04:05Z" };
      api.script(result(answer));
      const updated = await provider.update(token, { id: answer.id, oldInputs: { ...inputs, comment: "c" }, oldState: commented, inputs });
      assert.equal((api.take()[0]?.body as Record<string, unknown>)["comment"], null);
      assert.deepEqual(updated, state);
    });

    it("fails on 404", async () => {
      api.script(refusal(404, 81044, "Record does not exist."));
      await assert.rejects(provider.update(token, change), /404 Not Found .*Record does not exist\./);
      assert.equal(api.take().length, 1);
    });
  });

  describe("read", () => {
    it("refreshes inputs and state from the API", async () => {
      api.script(result({ ...answer, content: "203.0.113.9", comment: "by hand" }));
      const found = await provider.read(token, { id: answer.id, inputs, state });
      assert.deepEqual(found, {
        id: answer.id,
        inputs: { ...inputs, content: "203.0.113.9" },
        state: { ...state, content: "203.0.113.9", comment: "by hand" },
      });
      assert.deepEqual(asked(), [["GET", `${records}/${answer.id}`]]);
    });

    it("drops a record that is gone, with a warning", async () => {
      const before = provider.messages.length;
      api.script(refusal(404, 81044, "Record does not exist."));
      assert.equal((await provider.read(token, { id: answer.id, inputs, state })).id, "");
      assert.deepEqual(
        provider.messages.slice(before).map(({ severity, message }) => [severity, message.slice(0, 18)]),
        [["warning", "Resource not found"]],
      );
      assert.equal(api.take().length, 1);
    });

    it("imports by <zone_id>/<dns_record_id>", async () => {
      api.script(result(answer));
      const found = await provider.read(token, { id: `${zoneId}/${answer.id}`, inputs: {}, state: {} });
      assert.deepEqual(found, { id: answer.id, inputs: { ...inputs, tags: [], settings: {} }, state });
      assert.deepEqual(asked(), [["GET", `${records}/${answer.id}`]]);
      await assert.rejects(
        provider.read(token, { id: answer.id, inputs: {}, state: {} }),
        /expected the form "<zone_id>\/<dns_record_id>"/,
      );
    });
  });

  describe("delete", () => {
    it("deletes", async () => {
      api.script(result({ id: answer.id }));
      await provider.delete(token, { id: answer.id, inputs, state });
      assert.deepEqual(asked(), [["DELETE", `${records}/${answer.id}`]]);
    });

    it("fails when the record is gone already", async () => {
      api.script(refusal(404, 81044, "Record does not exist."));
      await assert.rejects(provider.delete(token, { id: answer.id, inputs, state }), /404 Not Found/);
      assert.equal(api.take().length, 1);
    });
  });

  it("keeps what the program made secret secret in the state", async () => {
    api.script(result(answer));
    const made = await provider.create(token, { ...inputs, content: new Secret("198.18.16.11") });
    assert.deepEqual(made.state["content"], new Secret("198.18.16.11"));
    assert.equal((api.take()[0]?.body as Record<string, unknown>)["content"], "198.18.16.11");
  });
});
