import assert from "node:assert/strict";
import { exitCodes, failureLine, reasons } from "../../contract/index.ts";

describe("outcomes", () => {
  it("keep their exit codes: scripts match on them", () => {
    assert.deepEqual(exitCodes, {
      deployed: 0,
      unchanged: 0,
      refused: 10,
      aborted: 20,
      rolled_back: 21,
      rollback_failed: 30,
      busy: 40,
      invalid: 50,
      internal: 70,
    });
  });

  it("say what a person does next, for every code", () => {
    for (const [code, { remedy }] of Object.entries(reasons)) assert.ok(remedy.length > 8, `${code} has no remedy`);
  });

  it("end in one line, whatever the cause holds", () => {
    const ending = {
      outcome: "aborted",
      code: "smoke_failed",
      what: "graphql answers:\n  status 500",
      serving: "sha-0a1b2c3__20261121T090807Z",
    } as const;
    assert.equal(
      failureLine(ending),
      "terrace: aborted (smoke_failed): graphql answers: status 500; now serving sha-0a1b2c3__20261121T090807Z",
    );
    assert.equal(failureLine({ ...ending, serving: null, what: "x" }), "terrace: aborted (smoke_failed): x; now serving nothing");
    assert.equal(failureLine({ ...ending, serving: undefined, what: "x" }), "terrace: aborted (smoke_failed): x");
  });
});
