import assert from "node:assert/strict";
import type { Properties, Value } from "../../../../sandbox/plugins/base/index.ts";
import { connectedProvider } from "./support/provider.ts";
import { result } from "./support/scriptedApi.ts";
import { answer, block, blockAnswer, id, inputs, ruleId, state, token, withRules } from "./support/ruleset.ts";

describe("sandbox/plugins/cloudflare: Ruleset, its rules", () => {
  const test = connectedProvider();

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
        const { failures } = await test.provider.check(token, given);
        assert.equal(failures.length, 1, failures.join("\n"));
        assert.ok(failures[0]?.startsWith(expected), failures[0]);
      });
    }
  });

  describe("actionParameters", () => {
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
        assert.deepEqual((await test.provider.check(token, given)).failures, []);
        const echoed = {
          ...answer,
          rules: [{ id: ruleId, ref: "r", action, expression: "true", description: "", enabled: true, action_parameters: wire }],
        };
        test.api.script(result(echoed), result(echoed));
        const made = await test.provider.create(token, given);
        const body = test.api.take()[0]?.body as { readonly rules: readonly { readonly action_parameters: unknown }[] };
        assert.deepEqual(body.rules[0]?.action_parameters, wire);
        const found = await test.provider.read(token, { id, inputs: given, state: made.state });
        assert.deepEqual(found.inputs["rules"], [{ ref: "r", action, expression: "true", actionParameters }]);
        assert.deepEqual((await test.provider.diff(token, { oldInputs: given, oldState: found.state, inputs: given })).detailed, {});
        test.api.take();
      });
    }
  });

  it("reads a cache key's query string back in the form that was sent", async () => {
    const rule = (queryString: unknown): unknown => ({
      ...answer,
      rules: [
        { ...blockAnswer, action: "set_cache_settings", action_parameters: { cache_key: { custom_key: { query_string: queryString } } } },
      ],
    });
    test.api.script(result(rule({ include: ["a", "b"] })), result(rule({ exclude: ["*"] })));
    const parametersOf = async (): Promise<Value | undefined> =>
      ((await test.provider.read(token, { id, inputs, state })).state["rules"] as readonly Properties[])[0]?.["actionParameters"];
    assert.deepEqual(await parametersOf(), { cacheKey: { customKey: { queryString: { include: { lists: ["a", "b"] } } } } });
    assert.deepEqual(await parametersOf(), { cacheKey: { customKey: { queryString: { exclude: { all: true } } } } });
    test.api.take();
  });
});
