import assert from "node:assert/strict";
import { emptyRequest, readInvocation } from "../../host/invocation.ts";
import { parseRequest } from "../../host/request.ts";

describe("host/invocation", () => {
  for (const [words, expected] of [
    [["/opt/terrace/bin/terrace-rollout"], { kind: "entry", verb: "rollout" }],
    [["/opt/terrace/bin/terrace-retire-data"], { kind: "entry", verb: "retire-data" }],
    [["/opt/terrace/bin/terrace", "rollout"], { kind: "entry", verb: "rollout" }],
    [["/opt/terrace/bin/terrace"], { kind: "help" }],
    [["/opt/terrace/bin/terrace", "--help"], { kind: "help" }],
    [["/opt/terrace/bin/terrace", "rollback", "--help"], { kind: "help" }],
    [["/opt/terrace/bin/terrace", "rollback", "shop-prod", "-h"], { kind: "help" }],
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
    [["terrace", "rollout", "--now"], /rollout takes no arguments; give the request as JSON on standard input/],
    [
      ["terrace", "rollback", "shop-prod", "--reason", "trying", "it", "out"],
      /^"it" is one word too many; put a reason of several words in quotes; usage: terrace rollback INSTANCE \[--steps N/,
    ],
    [["terrace", "status", "shop-prod", "shop-test"], /^"shop-test" is one word too many/],
    [["terrace", "history", "--limit", "3"], /^the instance is missing; usage: terrace history INSTANCE/],
    [["terrace", "rollback", "--reason", "slow"], /^the instance is missing; usage: terrace rollback INSTANCE/],
    [["terrace", "status", "shop-prod", "--limit", "3"], /^--limit means nothing to status; usage: terrace status \[INSTANCE\]/],
    [["terrace", "rollback", "shop-prod", "--reason", "slow", "--json"], /^--json means nothing to rollback; usage: /],
    [
      ["terrace", "rollback", "shop-prod", "--reason", "slow", "--steps", "2", "--release", "sha-abcdef1__20261121T100000Z"],
      /^--steps and --release say different things; usage: /,
    ],
    [["terrace", "rollback", "shop-prod", "--steps", "1"], /^--reason is missing; usage: terrace rollback INSTANCE/],
    [["terrace", "rollout", "now"], /rollout takes no arguments; give the request as JSON on standard input/],
  ] as const) {
    it(`refuses ${words.join(" ")}`, () =>
      assert.throws(() => readInvocation(words[0], words.slice(1), "ann"), { name: "Failure", code: "malformed_request", message }));
  }

  it("says how to ask where there is no request at all", () => {
    assert.equal(emptyRequest("rollback").message, "usage: terrace rollback INSTANCE [--steps N | --release NAME] --reason TEXT");
    assert.equal(emptyRequest("rollout").message, "rollout takes its request as JSON on standard input, and that is empty");
  });
});
