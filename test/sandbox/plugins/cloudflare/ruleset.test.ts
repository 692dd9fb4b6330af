import assert from "node:assert/strict";
import { unknown } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties, Value } from "../../../../sandbox/plugins/base/index.ts";
import { cloudflareProvider } from "../../../../sandbox/plugins/cloudflare/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";
import { refusal, result, startScriptedApi } from "./support/scriptedApi.ts";
import type { ScriptedApi } from "./support/scriptedApi.ts";

const token = "cloudflare:index/ruleset:Ruleset";
const zoneId = "023e105f4ecef8ad9ca31a8372d0c353";
const id = "2f2feab2026849078ba485f918791bdc";
const rulesets = `/client/v4/zones/${zoneId}/rulesets`;

const block = { ref: "block_scanners", action: "block", expression: 'http.host eq "truealpha.test"', description: "scanners" };
const inputs: Properties = { zoneId, kind: "zone", name: "terrace custom rules", phase: "http_request_firewall_custom", rules: [block] };
const ruleId = "3a03d665bac047339bb530ecb439a90d";
const blockInState = { ...block, id: ruleId, actionParameters: {}, enabled: true };
const state: Properties = { ...inputs, id, description: "", rules: [blockInState], lastUpdated: "2026-01-02T03:04:05Z", version: "1" };
const blockAnswer = { ...block, id: ruleId, version: "1", action_parameters: {}, enabled: true, last_updated: "2026-01-02T03:04:05.6Z" };
const answer = {
  id,
  name: "terrace custom rules",
  description: "",
  kind: "zone",
  phase: "http_request_firewall_custom",
  version: "1",
  last_updated: "2026-01-02T03:04:05.678Z",
  rules: [blockAnswer],
};
const sent = { description: "", kind: "zone", name: "terrace custom rules", phase: "http_request_firewall_custom" };
const sentBlock = { ...block, action_parameters: {}, enabled: true };

describe("sandbox/plugins/cloudflare: Ruleset", () => {
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
  const withRules = (...rules: readonly Value[]): Properties => ({ ...inputs, rules });

  describe("check", () => {
    const rule = (change: Properties): Properties => withRules({ ...block, ...change });
    const cases: readonly (readonly [string, Properties, string])[] = [
      [
        "a zone id that is none",
        { ...inputs, zoneId: "truealpha.test" },
        'zoneId: must be 32 lower-case hexadecimal digits; got "truealpha.test"',
      ],
      ["a ruleset of an account", { ...inputs, accountId: "a".repeat(32) }, "accountId: "],
      ["an unknown kind", { ...inputs, kind: "zones" }, "kind: must be one of managed, custom, root, zone"],
      ["a phase as the documentation renders it", { ...inputs, phase: "http*ratelimit" }, "phase: must be one of ddos_l4"],
      ["a rule without an expression", rule({ expression: null }), "rules[0].expression: Missing required property 'expression'"],
      [
        "an action of upstream that this plugin does not have",
        rule({ action: "serve_error" }),
        "rules[0].action: must be one of block, challenge",
      ],
      ["a parameter that nobody knows", rule({ actionParameters: { color: 1 } }), "rules[0].actionParameters.color: "],
      [
        "a parameter of another action",
        rule({ actionParameters: { ssl: "strict" } }),
        "rules[0].actionParameters.ssl: goes with the action set_config only; the action is block",
      ],
      [
        "a response status out of range",
        rule({ actionParameters: { response: { content: "no", contentType: "text/plain", statusCode: 200 } } }),
        "rules[0].actionParameters.response.statusCode: must be between 400 and 499; got 200",
      ],
      [
        "a rate limit without a period",
        rule({ ratelimit: { characteristics: ["ip.src"] } }),
        "rules[0].ratelimit.period: Missing required property 'period'",
      ],
      [
        "a rate limit that counts nothing",
        rule({ ratelimit: { characteristics: [], period: 10 } }),
        "rules[0].ratelimit.characteristics: must not be empty",
      ],
      ["logging that does not say whether", rule({ logging: {} }), "rules[0].logging.enabled: must be given when logging is"],
      [
        "two ways to say where to",
        withRules({
          ...block,
          action: "redirect",
          actionParameters: { fromValue: { targetUrl: { value: "https://a", expression: "x" } } },
        }),
        "rules[0].actionParameters.fromValue.targetUrl: takes exactly one of value, expression; got value and expression",
      ],
    ];
    for (const [what, given, expected] of cases) {
      it(`refuses ${what} by name`, async () => {
        const { failures } = await provider.check(token, given);
        assert.equal(failures.length, 1, failures.join("\n"));
        assert.ok(failures[0]?.startsWith(expected), failures[0]);
      });
    }
  });

  describe("create", () => {
    it("asks nothing in a preview; ids and logging are unknown, defaults are not", async () => {
      const { state: planned } = await provider.create(token, inputs, { preview: true });
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
      api.script(result(answer));
      assert.deepEqual(await provider.create(token, inputs), { id, state });
      assert.deepEqual(asked(), [["POST", rulesets, { ...sent, rules: [sentBlock] }]]);
    });

    it("posts a rate limit, and the API's time-out for the one that the program left out", async () => {
      const ratelimit = { characteristics: ["ip.src", "cf.colo.id"], period: 10, requestsPerPeriod: 50 };
      const wire = { characteristics: ["ip.src", "cf.colo.id"], period: 10, requests_per_period: 50, requests_to_origin: false };
      const rule = { action: "block", expression: "true", ref: "limit", ratelimit };
      api.script(
        result({
          ...answer,
          phase: "http_ratelimit",
          rules: [{ ...blockAnswer, ref: "limit", expression: "true", description: "", ratelimit: { ...wire, mitigation_timeout: 10 } }],
        }),
      );
      const made = await provider.create(token, { ...inputs, phase: "http_ratelimit", rules: [rule] });
      assert.deepEqual(asked(), [
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

    const parameters: readonly (readonly [string, string, Properties, unknown])[] = [
      [
        "a custom response",
        "block",
        { response: { content: "no", contentType: "text/plain", statusCode: 403 } },
        { response: { content: "no", content_type: "text/plain", status_code: 403 } },
      ],
      [
        "skipping",
        "skip",
        { ruleset: "current", phases: ["http_ratelimit"], products: ["waf"] },
        { phases: ["http_ratelimit"], products: ["waf"], ruleset: "current" },
      ],
      [
        "managed rules",
        "execute",
        {
          id,
          overrides: { categories: [{ category: "wordpress", action: "log", enabled: true }], rules: [{ id: ruleId, scoreThreshold: 5 }] },
        },
        {
          id,
          overrides: { categories: [{ action: "log", category: "wordpress", enabled: true }], rules: [{ id: ruleId, score_threshold: 5 }] },
        },
      ],
      [
        "a redirect",
        "redirect",
        { fromValue: { statusCode: 308, targetUrl: { expression: 'concat("https://", http.host)' } } },
        { from_value: { preserve_query_string: false, status_code: 308, target_url: { expression: 'concat("https://", http.host)' } } },
      ],
      [
        "headers by their own names",
        "rewrite",
        { headers: { "X-Release": { operation: "set", value: "1" } } },
        { headers: { "X-Release": { operation: "set", value: "1" } } },
      ],
      [
        "zone configuration",
        "set_config",
        { ssl: "strict", automaticHttpsRewrites: true },
        { automatic_https_rewrites: true, ssl: "strict" },
      ],
      [
        "cache settings, whose names are plural in Pulumi only",
        "set_cache_settings",
        {
          cache: true,
          edgeTtl: { mode: "override_origin", default: 60, statusCodeTtls: [{ statusCodeRange: { from: 500, to: 599 }, value: 0 }] },
          cacheKey: { customKey: { queryString: { exclude: { all: true } }, header: { includes: ["x"], checkPresences: ["y"] } } },
        },
        {
          cache: true,
          cache_key: { custom_key: { header: { check_presence: ["y"], include: ["x"] }, query_string: { exclude: { all: true } } } },
          edge_ttl: { default: 60, mode: "override_origin", status_code_ttl: [{ status_code_range: { from: 500, to: 599 }, value: 0 }] },
        },
      ],
    ];
    for (const [what, action, actionParameters, wire] of parameters) {
      it(`sends ${what}, and a refresh of it shows no change`, async () => {
        const given = withRules({ ref: "r", action, expression: "true", actionParameters });
        assert.deepEqual((await provider.check(token, given)).failures, []);
        const echoed = {
          ...answer,
          rules: [{ id: ruleId, ref: "r", action, expression: "true", description: "", enabled: true, action_parameters: wire }],
        };
        api.script(result(echoed), result(echoed));
        const made = await provider.create(token, given);
        const body = api.take()[0]?.body as { readonly rules: readonly { readonly action_parameters: unknown }[] };
        assert.deepEqual(body.rules[0]?.action_parameters, wire);
        const found = await provider.read(token, { id, inputs: given, state: made.state });
        assert.deepEqual(found.inputs["rules"], [{ ref: "r", action, expression: "true", actionParameters }]);
        assert.deepEqual((await provider.diff(token, { oldInputs: given, oldState: found.state, inputs: given })).detailed, {});
        api.take();
      });
    }

    it("fails with Cloudflare's words when the phase has a ruleset already", async () => {
      api.script(
        refusal(400, 20217, "A similar configuration with rules already exists and overwriting will have unintended consequences."),
      );
      await assert.rejects(
        provider.create(token, inputs),
        /^Error: failed to make http request: POST ".*\/rulesets": 400 Bad Request .*A similar configuration with rules already exists/,
      );
      assert.equal(api.take().length, 1);
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
        const found = await provider.diff(token, { oldInputs: inputs, oldState: state, inputs: given });
        assert.deepEqual(found.detailed, detailed);
        assert.deepEqual(found.replaces, replaces);
      });
    }

    it("keeps a rule's id by its ref when rules change places, and not without one", async () => {
      const second = { ...added, id: "b".repeat(32), actionParameters: {}, description: "", enabled: true };
      const both = { ...state, rules: [blockInState, second] };
      const swapped = await provider.update(
        token,
        { id, oldInputs: withRules(block, added), oldState: both, inputs: withRules(added, block) },
        { preview: true },
      );
      assert.deepEqual(
        (swapped["rules"] as readonly Properties[]).map((rule) => rule["id"]),
        [second.id, ruleId],
      );
      const nameless = { action: block.action, expression: block.expression, description: block.description };
      const changed = await provider.update(
        token,
        { id, oldInputs: inputs, oldState: state, inputs: withRules({ ...nameless, enabled: false }) },
        { preview: true },
      );
      assert.deepEqual((changed["rules"] as readonly Properties[])[0]?.["id"], unknown);
    });
  });

  it("updates by PUT of all rules", async () => {
    const second = { ref: "second", action: "log", expression: "false" };
    api.script(
      result({
        ...answer,
        version: "2",
        last_updated: "2026-02-02T00:00:00Z",
        rules: [blockAnswer, { ...second, id: "b".repeat(32), enabled: true, description: "" }],
      }),
    );
    const updated = await provider.update(token, { id, oldInputs: inputs, oldState: state, inputs: withRules(block, second) });
    assert.deepEqual(asked(), [
      ["PUT", `${rulesets}/${id}`, { ...sent, rules: [sentBlock, { ...second, action_parameters: {}, description: "", enabled: true }] }],
    ]);
    assert.equal(updated["version"], "2");
    assert.equal((updated["rules"] as readonly Properties[])[1]?.["id"], "b".repeat(32));
  });

  it("refreshes rules that somebody changed", async () => {
    api.script(
      result({
        ...answer,
        rules: [
          { ...blockAnswer, enabled: false },
          { id: "b".repeat(32), ref: "x", action: "log", expression: "false", enabled: true },
        ],
      }),
    );
    const found = await provider.read(token, { id, inputs, state });
    assert.deepEqual(asked(), [["GET", `${rulesets}/${id}`]]);
    const { detailed } = await provider.diff(token, { oldInputs: found.inputs, oldState: found.state, inputs });
    assert.deepEqual(detailed, { lastUpdated: "update", version: "update", "rules[0].enabled": "update", "rules[1]": "delete" });
  });

  it("reads a cache key's query string back in the form that was sent", async () => {
    const rule = (queryString: unknown): unknown => ({
      ...answer,
      rules: [
        { ...blockAnswer, action: "set_cache_settings", action_parameters: { cache_key: { custom_key: { query_string: queryString } } } },
      ],
    });
    api.script(result(rule({ include: ["a", "b"] })), result(rule({ exclude: ["*"] })));
    const parametersOf = async (): Promise<Value | undefined> =>
      ((await provider.read(token, { id, inputs, state })).state["rules"] as readonly Properties[])[0]?.["actionParameters"];
    assert.deepEqual(await parametersOf(), { cacheKey: { customKey: { queryString: { include: { lists: ["a", "b"] } } } } });
    assert.deepEqual(await parametersOf(), { cacheKey: { customKey: { queryString: { exclude: { all: true } } } } });
    api.take();
  });

  it("imports by zones/<zone_id>/<ruleset_id>, drops what is gone and deletes", async () => {
    api.script(result(answer), refusal(404, 10000, "not found"), { status: 204 });
    const imported = await provider.read(token, { id: `zones/${zoneId}/${id}`, inputs: {}, state: {} });
    assert.deepEqual(imported.state, state);
    assert.equal((await provider.read(token, { id, inputs, state })).id, "");
    await provider.delete(token, { id, inputs, state });
    assert.deepEqual(asked(), [
      ["GET", `${rulesets}/${id}`],
      ["GET", `${rulesets}/${id}`],
      ["DELETE", `${rulesets}/${id}`],
    ]);
    await assert.rejects(
      provider.read(token, { id: `accounts/${zoneId}/${id}`, inputs: {}, state: {} }),
      /only "zones\/<zone_id>\/<ruleset_id>" is known/,
    );
  });
});
