import assert from "node:assert/strict";
import { execute } from "../../host/command.ts";

describe("host/command", () => {
  it("hands on what it is given, and nothing of our own environment", async () => {
    process.env["TERRACE_TEST_CANARY"] = "ours";
    const argv = ["/bin/sh", "-c", "cat; env; echo words >&2; exit 3"] as const;
    const result = await execute({ argv, stdin: "input\n", environment: { GIVEN: "value" } }).finally(
      () => delete process.env["TERRACE_TEST_CANARY"],
    );
    assert.deepEqual([result.exitCode, result.signal, result.stderr, result.timedOut], [3, null, "words\n", false]);
    assert.match(result.stdout, /^input\n/);
    assert.match(result.stdout, /^GIVEN=value$/m);
    assert.doesNotMatch(result.stdout, /CANARY/);
  });

  it("ends a command that takes too long, with what it started: that would hold our pipes open", async () => {
    const result = await execute({ argv: ["/bin/sh", "-c", "sleep 60 & sleep 60"], timeoutSeconds: 0.2 });
    assert.deepEqual([result.exitCode, result.signal, result.timedOut], [null, "SIGKILL", true]);
  });
});
