import assert from "node:assert/strict";
import { startBench, zoneId, type Bench } from "./api.ts";

const rulesets = `zones/${zoneId}/rulesets`;
const phase = "http_request_firewall_custom";
const rule = { action: "block", expression: 'http.request.uri.path eq "/.env"', description: "no secrets", ref: "env" };
const body = { name: "terrace", kind: "zone", phase, rules: [rule] };

describe("Cloudflare emulator: rulesets", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.close());

  it("makes one entry point per phase and refuses the second as upstream does", async () => {
    const created = await bench.call("POST", rulesets, body);
    assert.equal(created.status, 200);
    assert.deepEqual([created.result["kind"], created.result["phase"], created.result["version"]], ["zone", phase, "1"]);
    const [made] = created.result["rules"] as Record<string, unknown>[];
    assert.deepEqual([made?.["version"], made?.["enabled"], made?.["ref"], made?.["action"]], ["1", true, "env", "block"]);
    const second = await bench.call("POST", rulesets, { ...body, name: "another" });
    assert.equal(second.status, 400);
    assert.deepEqual(second.errors, [
      {
        code: 20217,
        message: `'zone' is not a valid value for kind because exceeded maximum number of zone rulesets for phase ${phase}`,
        source: { pointer: "/kind" },
      },
    ]);
    await bench.restart();
    assert.deepEqual((await bench.call("GET", `${rulesets}/phases/${phase}/entrypoint`)).result, created.result);
    const listed = await bench.call("GET", rulesets);
    assert.deepEqual(
      listed.result.map((ruleset) => [ruleset["id"], "rules" in ruleset]),
      [[created.result["id"], false]],
    );
  });

  it("keeps ids by ref, counts versions of what changed, and gives a rule without ref its id as ref", async () => {
    const { result } = await bench.call("POST", rulesets, { ...body, rules: [rule, { action: "log", expression: "true" }] });
    const [first, second] = result["rules"] as Record<string, unknown>[];
    assert.equal(second?.["ref"], second?.["id"]);
    const path = `${rulesets}/${String(result["id"])}`;
    const updated = await bench.call("PUT", path, {
      rules: [
        { ...rule, description: "other words" },
        { action: "log", expression: "true", id: second?.["id"] },
      ],
    });
    const [changed, same] = updated.result["rules"] as Record<string, unknown>[];
    assert.equal(updated.result["version"], "2");
    assert.equal(updated.result["name"], "terrace");
    assert.deepEqual([changed?.["id"], changed?.["version"]], [first?.["id"], "2"]);
    assert.deepEqual(same, second);
    const emptied = await bench.call("PUT", path, { ...body, rules: [] });
    assert.deepEqual([emptied.status, emptied.result["rules"]], [200, []]);
    const deleted = await bench.call("DELETE", path);
    assert.deepEqual([deleted.status, deleted.text], [204, ""]);
    assert.equal((await bench.call("GET", path)).status, 404);
    assert.equal((await bench.call("GET", `${rulesets}/phases/${phase}/entrypoint`)).errors[0]?.code, 10003);
    assert.equal((await bench.call("PUT", `${rulesets}/phases/${phase}/entrypoint`, { rules: [rule] })).status, 200);
  });

  const refused: readonly (readonly [what: string, change: Record<string, unknown>, code: number, pointer?: string])[] = [
    [
      "an expression the edge cannot evaluate",
      { rules: [{ ...rule, expression: "cf.bot_management.score lt 30" }] },
      20127,
      "/rules/0/expression",
    ],
    ["a broken expression", { rules: [rule, { ...rule, ref: "b", expression: 'http.host eq "' }] }, 20127, "/rules/1/expression"],
    ["an action that is none", { rules: [{ ...rule, action: "explode" }] }, 20016, "/rules/0/action"],
    ["an action the edge cannot perform", { rules: [{ ...rule, action: "execute" }] }, 99000],
    ["skip without saying what", { rules: [{ ...rule, action: "skip" }] }, 20119, "/rules/0/action_parameters"],
    ["logging on a rule that blocks", { rules: [{ ...rule, logging: { enabled: true } }] }, 20131, "/rules/0/logging"],
    ["the same ref twice", { rules: [rule, rule] }, 20121],
    ["more rules than a free zone has", { rules: Array.from({ length: 6 }, (_, index) => ({ ...rule, ref: `r${index}` })) }, 20120],
    ["a phase that is none", { phase: "http_request_coffee" }, 20217, "/phase"],
    ["a phase the edge does not evaluate", { phase: "http_ratelimit" }, 99000],
    ["an account's ruleset", { kind: "root" }, 99000],
    ["a field it does not know", { rules: [{ ...rule, ratelimit: { period: 10 } }] }, 99000, "/rules/0"],
    ["no name", { name: undefined }, 9207, "/name"],
  ];
  for (const [what, change, code, pointer] of refused) {
    it(`refuses ${what} with ${code}`, async () => {
      const answer = await bench.call("POST", rulesets, { ...body, ...change });
      assert.deepEqual([answer.status, answer.errors[0]?.code, answer.errors[0]?.source?.pointer], [400, code, pointer]);
      assert.equal((await bench.call("GET", rulesets)).result.length, 0);
    });
  }

  it("tells all faults of all rules at once", async () => {
    const answer = await bench.call("POST", rulesets, {
      ...body,
      rules: [
        { ...rule, expression: "x" },
        { ...rule, ref: "b", action: "explode" },
      ],
    });
    assert.deepEqual(
      answer.errors.map((error) => error.code),
      [20127, 20016],
    );
  });
});
