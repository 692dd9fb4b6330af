import assert from "node:assert/strict";
import { readInvocation } from "../../host/invocation.ts";
import { parseRequest } from "../../host/request.ts";

describe("host/invocation", () => {
  for (const [words, expected] of [
    [["/opt/terrace/bin/terrace-rollout"], { kind: "entry", verb: "rollout" }],
    [["/opt/terrace/bin/terrace-retire-data"], { kind: "entry", verb: "retire-data" }],
    [["/opt/terrace/bin/terrace", "rollout"], { kind: "entry", verb: "rollout" }],
    [["/opt/terrace/bin/terrace"], { kind: "help" }],
    [["/opt/terrace/bin/terrace", "--help"], { kind: "help" }],
    [["/opt/terrace/abc/terrace.cjs", "--version", "--json"], { kind: "version" }],
    [["/opt/terrace/abc/terrace.cjs", "supervised", "rollout"], { kind: "supervised", verb: "rollout" }],
    [["/opt/terrace/abc/terrace.cjs", "relay"], { kind: "relay" }],
    [["/opt/terrace/current/terrace.cjs", "unseal"], { kind: "unseal" }],
    // What a sudo rule reaches is never taken for a call by ourselves.
    [["/opt/terrace/bin/terrace", "supervised"], { kind: "entry", verb: "supervised" }],
  ] as const) {
    it(words.join(" "), () => assert.deepEqual(readInvocation(words[0], words.slice(1), "ann"), expected));
  }

  for (const [words, expected] of [
    ["status", { request: "status" }],
    ["status shop-prod", { request: "status", instance: "shop-prod" }],
    ["history shop-prod --limit 5", { request: "history", instance: "shop-prod", limit: 5 }],
    [
      "rollback shop-prod --reason slow",
      { request: "rollback", instance: "shop-prod", target: { kind: "steps", steps: 1 }, reason: "slow", requestedBy: "ann" },
    ],
    [
      "rollback shop-prod --steps 3 --reason slow",
      { request: "rollback", instance: "shop-prod", target: { kind: "steps", steps: 3 }, reason: "slow", requestedBy: "ann" },
    ],
    [
      "rollback shop-prod --release sha-abcdef1__20261121T100000Z --reason slow",
      {
        request: "rollback",
        instance: "shop-prod",
        target: { kind: "release", release: "sha-abcdef1__20261121T100000Z" },
        reason: "slow",
        requestedBy: "ann",
      },
    ],
  ] as const) {
    it(`terrace ${words} is a request like any other`, () => {
      const invocation = readInvocation("/opt/terrace/bin/terrace", words.split(" "), "ann");
      assert.ok(invocation.kind === "typed");
      assert.equal(invocation.asTable, true);
      assert.deepEqual(parseRequest(invocation.text, expected.request), { contract: 1, ...expected });
    });
  }

  it("prints JSON when asked to", () => {
    const invocation = readInvocation("terrace", ["status", "--json"], "ann");
    assert.ok(invocation.kind === "typed" && !invocation.asTable);
  });

  for (const [words, message] of [
    [["/opt/terrace/bin/terrace-rollout", "--force"], /terrace-rollout takes no arguments; the request is JSON on standard input/],
    [["terrace", "status", "--jsn"], /'--jsn'/],
    [["terrace", "rollout", "--now"], /'--now'/],
    [["terrace", "rollout", "now"], /rollout takes no arguments; give the request as JSON on standard input/],
  ] as const) {
    it(`refuses ${words.join(" ")}`, () =>
      assert.throws(() => readInvocation(words[0], words.slice(1), "ann"), { name: "Failure", code: "malformed_request", message }));
  }

  it("asks for a reason", () => {
    const invocation = readInvocation("terrace", ["rollback", "shop-prod", "--steps", "1"], "ann");
    assert.ok(invocation.kind === "typed");
    assert.throws(() => parseRequest(invocation.text, "rollback"), /reason: /);
  });
});
