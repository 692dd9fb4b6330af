import assert from "node:assert/strict";
import { unknown } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { connectedProvider, zoneId } from "./support/provider.ts";
import { refusal, result } from "./support/scriptedApi.ts";
import {
  answer,
  block,
  blockAnswer,
  blockInState,
  id,
  inputs,
  ruleId,
  rulesets,
  sent,
  sentBlock,
  state,
  token,
  withRules,
} from "./support/ruleset.ts";

describe("sandbox/plugins/cloudflare: Ruleset", () => {
  const test = connectedProvider();

  describe("create", () => {
    it("asks nothing in a preview; ids and logging are unknown, defaults are not", async () => {
      const { state: planned } = await test.provider.create(token, inputs, { preview: true });
      assert.deepEqual(planned, {
        ...inputs,
        id: unknown,
        description: "",
        rules: [{ ...block, id: unknown, actionParameters: {}, enabled: true, logging: unknown }],
        lastUpdated: unknown,
        version: unknown,
      });
    });

    it("posts the rules", async () => {
      test.api.script(result(answer));
      assert.deepEqual(await test.provider.create(token, inputs), { id, state });
      assert.deepEqual(test.asked(), [["POST", rulesets, { ...sent, rules: [sentBlock] }]]);
    });

    it("posts a rate limit, and the API's time-out for the one that the program left out", async () => {
      const ratelimit = { characteristics: ["ip.src", "cf.colo.id"], period: 10, requestsPerPeriod: 50 };
      const wire = { characteristics: ["ip.src", "cf.colo.id"], period: 10, requests_per_period: 50, requests_to_origin: false };
      const rule = { action: "block", expression: "true", ref: "limit", ratelimit };
      test.api.script(
        result({
          ...answer,
          phase: "http_ratelimit",
          rules: [{ ...blockAnswer, ref: "limit", expression: "true", description: "", ratelimit: { ...wire, mitigation_timeout: 10 } }],
        }),
      );
      const made = await test.provider.create(token, { ...inputs, phase: "http_ratelimit", rules: [rule] });
      assert.deepEqual(test.asked(), [
        [
          "POST",
          rulesets,
          {
            ...sent,
            phase: "http_ratelimit",
            rules: [
              { action: "block", action_parameters: {}, description: "", enabled: true, expression: "true", ratelimit: wire, ref: "limit" },
            ],
          },
        ],
      ]);
      const [first] = made.state["rules"] as readonly Properties[];
      assert.deepEqual(first?.["ratelimit"], { ...ratelimit, requestsToOrigin: false, mitigationTimeout: 10 });
    });

    it("fails with Cloudflare's words when the phase has a ruleset already", async () => {
      test.api.script(
        refusal(400, 20217, "A similar configuration with rules already exists and overwriting will have unintended consequences."),
      );
      await assert.rejects(
        test.provider.create(token, inputs),
        /^Error: failed to make http request: POST ".*\/rulesets": 400 Bad Request .*A similar configuration with rules already exists/,
      );
      assert.equal(test.api.take().length, 1);
    });
  });

  describe("diff", () => {
    const added = { ref: "second", action: "log", expression: "false" };
    const dates = { lastUpdated: "update", version: "update" };
    const cases: readonly (readonly [string, Properties, Readonly<Record<string, string>>, readonly string[]])[] = [
      ["nothing", inputs, {}, []],
      ["another expression, in place", withRules({ ...block, expression: "true" }), { ...dates, "rules[0].expression": "update" }, []],
      // The API may log another action differently, so what it will say is not known.
      ["another action", withRules({ ...block, action: "log" }), { ...dates, "rules[0].action": "update", "rules[0].logging": "add" }, []],
      ["a switched off rule", withRules({ ...block, enabled: false }), { ...dates, "rules[0].enabled": "update" }, []],
      ["a rule more", withRules(block, added), { ...dates, "rules[1]": "add" }, []],
      ["no rules", withRules(), { ...dates, "rules[0]": "delete" }, []],
      ["another description", { ...inputs, description: "d" }, { ...dates, description: "update" }, []],
      ["another name, by replacement", { ...inputs, name: "n" }, { ...dates, name: "update-replace" }, ["name"]],
      ["another phase, by replacement", { ...inputs, phase: "http_ratelimit" }, { ...dates, phase: "update-replace" }, ["phase"]],
      ["another kind, by replacement", { ...inputs, kind: "root" }, { ...dates, kind: "update-replace" }, ["kind"]],
      ["another zone, by replacement", { ...inputs, zoneId: "0".repeat(32) }, { ...dates, zoneId: "update-replace" }, ["zoneId"]],
    ];
    for (const [what, given, detailed, replaces] of cases) {
      it(`shows ${what}`, async () => {
        const found = await test.provider.diff(token, { oldInputs: inputs, oldState: state, inputs: given });
        assert.deepEqual(found.detailed, detailed);
        assert.deepEqual(found.replaces, replaces);
      });
    }

    it("keeps a rule's id by its ref when rules change places, and not without one", async () => {
      const second = { ...added, id: "b".repeat(32), actionParameters: {}, description: "", enabled: true };
      const both = { ...state, rules: [blockInState, second] };
      const swapped = await test.provider.update(
        token,
        { id, oldInputs: withRules(block, added), oldState: both, inputs: withRules(added, block) },
        { preview: true },
      );
      assert.deepEqual(
        (swapped["rules"] as readonly Properties[]).map((rule) => rule["id"]),
        [second.id, ruleId],
      );
      const nameless = { action: block.action, expression: block.expression, description: block.description };
      const changed = await test.provider.update(
        token,
        { id, oldInputs: inputs, oldState: state, inputs: withRules({ ...nameless, enabled: false }) },
        { preview: true },
      );
      assert.deepEqual((changed["rules"] as readonly Properties[])[0]?.["id"], unknown);
    });
  });

  it("updates by PUT of all rules", async () => {
    const second = { ref: "second", action: "log", expression: "false" };
    test.api.script(
      result({
        ...answer,
        version: "2",
        last_updated: "2026-02-02T00:00:00Z",
        rules: [blockAnswer, { ...second, id: "b".repeat(32), enabled: true, description: "" }],
      }),
    );
    const updated = await test.provider.update(token, { id, oldInputs: inputs, oldState: state, inputs: withRules(block, second) });
    assert.deepEqual(test.asked(), [
      ["PUT", `${rulesets}/${id}`, { ...sent, rules: [sentBlock, { ...second, action_parameters: {}, description: "", enabled: true }] }],
    ]);
    assert.equal(updated["version"], "2");
    assert.equal((updated["rules"] as readonly Properties[])[1]?.["id"], "b".repeat(32));
  });

  it("refreshes rules that somebody changed", async () => {
    test.api.script(
      result({
        ...answer,
        rules: [
          { ...blockAnswer, enabled: false },
          { id: "b".repeat(32), ref: "x", action: "log", expression: "false", enabled: true },
        ],
      }),
    );
    const found = await test.provider.read(token, { id, inputs, state });
    assert.deepEqual(test.asked(), [["GET", `${rulesets}/${id}`]]);
    const { detailed } = await test.provider.diff(token, { oldInputs: found.inputs, oldState: found.state, inputs });
    assert.deepEqual(detailed, { lastUpdated: "update", version: "update", "rules[0].enabled": "update", "rules[1]": "delete" });
  });

  it("imports by zones/<zone_id>/<ruleset_id>, drops what is gone and deletes", async () => {
    test.api.script(result(answer), refusal(404, 10000, "not found"), { status: 204 });
    const imported = await test.provider.read(token, { id: `zones/${zoneId}/${id}`, inputs: {}, state: {} });
    assert.deepEqual(imported.state, state);
    assert.equal((await test.provider.read(token, { id, inputs, state })).id, "");
    await test.provider.delete(token, { id, inputs, state });
    assert.deepEqual(test.asked(), [
      ["GET", `${rulesets}/${id}`],
      ["GET", `${rulesets}/${id}`],
      ["DELETE", `${rulesets}/${id}`],
    ]);
    await assert.rejects(
      test.provider.read(token, { id: `accounts/${zoneId}/${id}`, inputs: {}, state: {} }),
      /only "zones\/<zone_id>\/<ruleset_id>" is known/,
    );
  });
});
