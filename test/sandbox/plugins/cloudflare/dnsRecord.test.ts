import assert from "node:assert/strict";
import { Secret, unknown } from "../../../../sandbox/plugins/base/index.ts";
import { answer, inputs, records, state, token } from "./support/dnsRecord.ts";
import { apiToken, connectedProvider, zoneId } from "./support/provider.ts";
import { refusal, result } from "./support/scriptedApi.ts";

describe("sandbox/plugins/cloudflare: DnsRecord", () => {
  const test = connectedProvider();

  describe("create", () => {
    it("asks nothing in a preview and shows what only the API can tell as unknown", async () => {
      assert.deepEqual(await test.provider.create(token, inputs, { preview: true }), {
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
      test.api.script(result(answer));
      assert.deepEqual(await test.provider.create(token, inputs), { id: answer.id, state });
      assert.deepEqual(test.asked(), [
        ["POST", records, { content: "198.18.16.11", name: "app.truealpha.test", proxied: true, ttl: 1, type: "A" }],
      ]);
    });

    it("sends the token", async () => {
      test.api.script(result(answer));
      await test.provider.create(token, inputs);
      assert.deepEqual(
        test.api.take().map(({ authorization }) => authorization),
        [`Bearer ${apiToken}`],
      );
    });

    it("does not proxy unless told to", async () => {
      test.api.script(result({ ...answer, type: "TXT", proxied: false }));
      await test.provider.create(token, { zoneId, name: "truealpha.test", type: "TXT", content: '"v=spf1 -all"', ttl: 300 });
      assert.deepEqual(test.asked(), [
        ["POST", records, { content: '"v=spf1 -all"', name: "truealpha.test", proxied: false, ttl: 300, type: "TXT" }],
      ]);
    });

    it("sends priority, comment, tags and data", async () => {
      test.api.script(result({ ...answer, type: "MX" }), result({ ...answer, type: "CAA", content: '0 issue "ca.test"' }));
      await test.provider.create(token, {
        zoneId,
        name: "truealpha.test",
        type: "MX",
        content: "mx.test",
        ttl: 60,
        priority: 10,
        comment: "mail",
        tags: ["a:b"],
      });
      const made = await test.provider.create(token, {
        zoneId,
        name: "truealpha.test",
        type: "CAA",
        ttl: 60,
        data: { flags: 0, tag: "issue", value: "ca.test" },
      });
      assert.deepEqual(test.asked(), [
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
      test.api.script(result({ ...answer, type: "CNAME", settings: undefined }));
      const made = await test.provider.create(token, {
        zoneId,
        name: "www.truealpha.test",
        type: "CNAME",
        content: "app.truealpha.test",
        ttl: 1,
        proxied: true,
      });
      assert.deepEqual(made.state["settings"], { ipv4Only: false, ipv6Only: false, flattenCname: false });
      test.api.take();
    });

    it("refuses a proxied record with a TTL of its own before it asks", async () => {
      await assert.rejects(
        test.provider.create(token, { ...inputs, ttl: 300 }),
        /^Error: ttl must be set to 1 when `proxied` is true: .*got 300$/,
      );
    });

    it("fails with Cloudflare's words, once, and without the token", async () => {
      test.api.script(refusal(400, 81058, "An identical record already exists."));
      await assert.rejects(test.provider.create(token, inputs), (error: Error) => {
        assert.match(
          error.message,
          /^failed to make http request: POST "http:.*\/dns_records": 400 Bad Request \{.*"code":81058,"message":"An identical record already exists\."/,
        );
        assert.ok(!error.message.includes(apiToken));
        return true;
      });
      assert.equal(test.api.take().length, 1);
    });
  });

  describe("update", () => {
    const change = { id: answer.id, oldInputs: inputs, oldState: state, inputs: { ...inputs, content: "198.18.16.12" } };

    it("asks nothing in a preview and keeps what a change cannot touch", async () => {
      const planned = await test.provider.update(token, change, { preview: true });
      assert.deepEqual(planned, { ...state, content: "198.18.16.12", modifiedOn: unknown });
    });

    it("puts the whole record", async () => {
      test.api.script(result({ ...answer, content: "198.18.16.12", modified_on: "2026-02-02T00:00:00Z" }));
      const updated = await test.provider.update(token, change);
      assert.deepEqual(updated, { ...state, content: "198.18.16.12", modifiedOn: "2026-02-02T00:00:00Z" });
      assert.deepEqual(test.asked(), [
        [
          "PUT",
          `${records}/${answer.id}`,
          { content: "198.18.16.12", name: "app.truealpha.test", proxied: true, settings: {}, tags: [], ttl: 1, type: "A" },
        ],
      ]);
    });

    it("takes a comment away with an explicit null", async () => {
      const commented = { ...state, comment: "c", commentModifiedOn: "2026-01-02T03:04:05Z" };
      test.api.script(result(answer));
      const updated = await test.provider.update(token, {
        id: answer.id,
        oldInputs: { ...inputs, comment: "c" },
        oldState: commented,
        inputs,
      });
      assert.equal((test.api.take()[0]?.body as Record<string, unknown>)["comment"], null);
      assert.deepEqual(updated, state);
    });

    it("fails on 404", async () => {
      test.api.script(refusal(404, 81044, "Record does not exist."));
      await assert.rejects(test.provider.update(token, change), /404 Not Found .*Record does not exist\./);
      assert.equal(test.api.take().length, 1);
    });
  });

  describe("read", () => {
    it("refreshes inputs and state from the API", async () => {
      test.api.script(result({ ...answer, content: "203.0.113.9", comment: "by hand" }));
      const found = await test.provider.read(token, { id: answer.id, inputs, state });
      assert.deepEqual(found, {
        id: answer.id,
        inputs: { ...inputs, content: "203.0.113.9" },
        state: { ...state, content: "203.0.113.9", comment: "by hand" },
      });
      assert.deepEqual(test.asked(), [["GET", `${records}/${answer.id}`]]);
    });

    it("drops a record that is gone, with a warning", async () => {
      const before = test.provider.messages.length;
      test.api.script(refusal(404, 81044, "Record does not exist."));
      assert.equal((await test.provider.read(token, { id: answer.id, inputs, state })).id, "");
      assert.deepEqual(
        test.provider.messages.slice(before).map(({ severity, message }) => [severity, message.slice(0, 18)]),
        [["warning", "Resource not found"]],
      );
      assert.equal(test.api.take().length, 1);
    });

    it("imports by <zone_id>/<dns_record_id>", async () => {
      test.api.script(result(answer));
      const found = await test.provider.read(token, { id: `${zoneId}/${answer.id}`, inputs: {}, state: {} });
      assert.deepEqual(found, { id: answer.id, inputs: { ...inputs, tags: [], settings: {} }, state });
      assert.deepEqual(test.asked(), [["GET", `${records}/${answer.id}`]]);
      await assert.rejects(
        test.provider.read(token, { id: answer.id, inputs: {}, state: {} }),
        /expected the form "<zone_id>\/<dns_record_id>"/,
      );
    });
  });

  describe("delete", () => {
    it("deletes", async () => {
      test.api.script(result({ id: answer.id }));
      await test.provider.delete(token, { id: answer.id, inputs, state });
      assert.deepEqual(test.asked(), [["DELETE", `${records}/${answer.id}`]]);
    });

    it("fails when the record is gone already", async () => {
      test.api.script(refusal(404, 81044, "Record does not exist."));
      await assert.rejects(test.provider.delete(token, { id: answer.id, inputs, state }), /404 Not Found/);
      assert.equal(test.api.take().length, 1);
    });
  });

  it("keeps what the program made secret secret in the state", async () => {
    test.api.script(result(answer));
    const made = await test.provider.create(token, { ...inputs, content: new Secret("198.18.16.11") });
    assert.deepEqual(made.state["content"], new Secret("198.18.16.11"));
    assert.equal((test.api.take()[0]?.body as Record<string, unknown>)["content"], "198.18.16.11");
  });
});
