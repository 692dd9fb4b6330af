import assert from "node:assert/strict";
import { unknown } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { connectedProvider, zoneId } from "./support/provider.ts";
import { refusal, result } from "./support/scriptedApi.ts";

const settingToken = "cloudflare:index/zoneSetting:ZoneSetting";
const pullsToken = "cloudflare:index/authenticatedOriginPullsSettings:AuthenticatedOriginPullsSettings";
const zone = `/client/v4/zones/${zoneId}`;

describe("sandbox/plugins/cloudflare: zone", () => {
  const test = connectedProvider();
  const warningsOf = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = test.provider.messages.length;
    await work();
    return test.provider.messages.slice(before).map(({ severity, message }) => `${severity}: ${message}`);
  };

  describe("ZoneSetting", () => {
    const inputs: Properties = { zoneId, settingId: "ssl", value: "strict" };
    const answer = { id: "ssl", value: "strict", editable: true, modified_on: "2026-01-02T03:04:05.6Z" };
    const state: Properties = { ...inputs, id: "ssl", editable: true, modifiedOn: "2026-01-02T03:04:05Z" };

    it("asks nothing in a preview", async () => {
      const planned = await test.provider.create(settingToken, inputs, { preview: true });
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
      test.api.script(result(answer));
      const warnings = await warningsOf(async () =>
        assert.deepEqual(await test.provider.create(settingToken, inputs), { id: "ssl", state }),
      );
      assert.deepEqual(test.asked(), [["PATCH", `${zone}/settings/ssl`, { value: "strict" }]]);
      assert.deepEqual(warnings, [
        "warning: a zone setting cannot be deleted: destroying this resource will leave the setting at Cloudflare as it is then",
      ]);
    });

    it("takes numbers and objects as values, with their names as they are", async () => {
      const value = { strict_transport_security: { enabled: true, max_age: 86_400 } };
      test.api.script(result({ ...answer, id: "security_header", value }), result({ ...answer, id: "browser_cache_ttl", value: 14_400 }));
      await test.provider.create(settingToken, { zoneId, settingId: "security_header", value });
      await test.provider.create(settingToken, { zoneId, settingId: "browser_cache_ttl", value: 14_400 });
      assert.deepEqual(test.asked(), [
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
        const found = await test.provider.diff(settingToken, { oldInputs: inputs, oldState: state, inputs: { ...inputs, ...change } });
        assert.deepEqual(found.detailed, detailed);
        assert.deepEqual(found.replaces, replaces);
      });
    }

    it("updates by PATCH of what changed", async () => {
      test.api.script(result({ ...answer, value: "full" }));
      const updated = await test.provider.update(settingToken, {
        id: "ssl",
        oldInputs: inputs,
        oldState: state,
        inputs: { ...inputs, value: "full" },
      });
      assert.deepEqual(updated, { ...state, value: "full" });
      assert.deepEqual(test.asked(), [["PATCH", `${zone}/settings/ssl`, { value: "full" }]]);
    });

    it("updates only the changed parts of a value that is an object", async () => {
      const header = (parts: Properties): Properties => ({
        zoneId,
        settingId: "security_header",
        value: { strict_transport_security: parts },
      });
      const before = header({ enabled: true, max_age: 86_400, nosniff: true });
      test.api.script(result({ ...answer, id: "security_header" }));
      await test.provider.update(settingToken, {
        id: "security_header",
        oldInputs: before,
        oldState: { ...before, id: "security_header", editable: true },
        inputs: header({ enabled: true, max_age: 0 }),
      });
      assert.deepEqual(test.asked(), [
        ["PATCH", `${zone}/settings/security_header`, { value: { strict_transport_security: { max_age: 0, nosniff: null } } }],
      ]);
    });

    it("refreshes, imports, drops what is gone, and asks nothing to delete", async () => {
      test.api.script(result({ ...answer, value: "flexible" }), result(answer), refusal(404, 1, "no such setting"));
      assert.equal((await test.provider.read(settingToken, { id: "ssl", inputs, state })).inputs["value"], "flexible");
      assert.deepEqual((await test.provider.read(settingToken, { id: `${zoneId}/ssl`, inputs: {}, state: {} })).inputs, inputs);
      assert.equal((await test.provider.read(settingToken, { id: "ssl", inputs, state })).id, "");
      assert.deepEqual(
        test.asked(),
        Array.from({ length: 3 }, () => ["GET", `${zone}/settings/ssl`]),
      );
      await test.provider.delete(settingToken, { id: "ssl", inputs, state });
    });
  });

  describe("AuthenticatedOriginPullsSettings", () => {
    const inputs: Properties = { zoneId, enabled: true };
    const state: Properties = { ...inputs, id: zoneId };

    it("puts, refreshes and leaves the switch of the zone", async () => {
      const address = `${zone}/origin_tls_client_auth/settings`;
      test.api.script(result({ enabled: true }), result({ enabled: false }), result({ enabled: false }), result({ enabled: true }));
      assert.deepEqual(await test.provider.create(pullsToken, inputs), { id: zoneId, state });
      assert.deepEqual(
        await test.provider.update(pullsToken, { id: zoneId, oldInputs: inputs, oldState: state, inputs: { zoneId, enabled: false } }),
        {
          ...state,
          enabled: false,
        },
      );
      assert.equal((await test.provider.read(pullsToken, { id: zoneId, inputs, state })).state["enabled"], false);
      assert.deepEqual(await test.provider.read(pullsToken, { id: zoneId, inputs: {}, state: {} }), { id: zoneId, inputs, state });
      await test.provider.delete(pullsToken, { id: zoneId, inputs, state });
      assert.deepEqual(test.asked(), [
        ["PUT", address, { enabled: true }],
        ["PUT", address, { enabled: false }],
        ["GET", address],
        ["GET", address],
      ]);
    });

    it("replaces for another zone and nothing else", async () => {
      const diff = (given: Properties): Promise<unknown> =>
        test.provider.diff(pullsToken, { oldInputs: inputs, oldState: state, inputs: given }).then(({ detailed }) => detailed);
      assert.deepEqual(await diff({ zoneId, enabled: false }), { enabled: "update" });
      assert.deepEqual(await diff({ zoneId: "0".repeat(32), enabled: true }), { zoneId: "update-replace" });
    });
  });
});
