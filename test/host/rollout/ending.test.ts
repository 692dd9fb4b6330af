import assert from "node:assert/strict";
import { phases } from "../../../contract/index.ts";
import { Failure } from "../../../host/ending.ts";
import { failedAttempt, failedRollback, failedTakeBack } from "../../../host/rollout/ending.ts";

describe("host/rollout/ending", () => {
  const failure = new Failure("aborted", "smoke_failed", "the API answers: no");

  for (const phase of phases) {
    const served = ["switch", "confirm", "settle", "handover", "record", "retire"].includes(phase);
    it(`a failure in ${phase} was ${served ? "" : "never "}seen by the public`, () => {
      assert.deepEqual(failedAttempt(phase, failure), {
        outcome: served ? "rolled_back" : "aborted",
        code: "smoke_failed",
        what: "the API answers: no",
      });
    });
  }

  it("keeps apart what the release did and what we did", () => {
    assert.deepEqual(failedAttempt("start", new TypeError("x")), { outcome: "aborted", code: "bug", what: "TypeError: x" });
    assert.equal(failedAttempt("start", new Error("ENOSPC: no space left on device")).code, "disk_low");
  });

  it("tells both causes when it cannot be taken back", () => {
    assert.deepEqual(failedTakeBack(failedAttempt("settle", failure), new Error("Docker is gone")), {
      outcome: "rollback_failed",
      code: "rollback_incomplete",
      what: "the API answers: no (smoke_failed); taking it back failed: Error: Docker is gone",
    });
  });

  it("does not roll a rollback back", () => {
    assert.deepEqual(failedRollback(failedAttempt("settle", failure), "r1"), {
      outcome: "rollback_failed",
      code: "rollback_incomplete",
      what: "the API answers: no (smoke_failed); a rollback is not taken back, so r1 stays",
    });
  });
});
