import assert from "node:assert/strict";
import { exitCodes, outcomes, reasons } from "../../contract/index.ts";
import { Failure, beforeStart, causeOf } from "../../host/ending.ts";
import type { FailedOutcome } from "../../host/ending.ts";
import { endingOf, outputOf } from "../../host/finish.ts";
import { reported } from "../../host/reported.ts";
import { InvalidRequest } from "../../host/request.ts";

describe("host/finish", () => {
  it("prints success as one canonical line on standard output", () => {
    const result = { outcome: "deployed", code: "ok", what: "shop-prod serves r1", release: "r1", instance: "shop-prod" } as const;
    assert.deepEqual(outputOf({ kind: "succeeded", result }, null), {
      stdout: '{"code":"ok","contract":1,"instance":"shop-prod","outcome":"deployed","release":"r1","what":"shop-prod serves r1"}\n',
      stderr: "==> deployed: shop-prod serves r1\n",
      exitCode: 0,
    });
  });

  it("says done, not deployed, to a person of what is no release", () => {
    const result = { outcome: "deployed", code: "ok", what: "shop-prod is out of service" } as const;
    const { stdout, stderr } = outputOf({ kind: "succeeded", result }, null);
    assert.equal(stderr, "==> done: shop-prod is out of service\n");
    assert.match(stdout, /"outcome":"deployed"/);
    const unchanged = outputOf({ kind: "succeeded", result: { ...result, outcome: "unchanged" } }, null);
    assert.equal(unchanged.stderr, "==> unchanged: shop-prod is out of service\n");
  });

  for (const outcome of outcomes.filter((name): name is FailedOutcome => exitCodes[name] !== 0)) {
    it(`ends ${outcome} with ${exitCodes[outcome]}, an empty standard output and the contract's last line`, () => {
      const output = outputOf({ kind: "failed", outcome, code: "disk_low", what: "no room" }, "r1");
      assert.deepEqual(output, {
        stdout: "",
        stderr: ` !  no room\n    next: ${reasons.disk_low.remedy}\nterrace: ${outcome} (disk_low): no room; now serving r1\n`,
        exitCode: exitCodes[outcome],
      });
    });
  }

  it("believes an ending that says itself what serves", () => {
    const failed = { kind: "failed", outcome: "aborted", code: "disk_low", what: "no room" } as const;
    assert.match(outputOf({ ...failed, serving: null }, "r1").stderr, /; now serving nothing\n$/);
    assert.match(outputOf({ ...failed, serving: "r2" }, "r1").stderr, /; now serving r2\n$/);
  });

  it("says nothing of what serves where the request is about no instance, or about one that is not known", () => {
    const failed = { kind: "failed", outcome: "refused", code: "disk_low", what: "no room" } as const;
    assert.match(outputOf(failed, undefined).stderr, /\nterrace: refused \(disk_low\): no room\n$/);
    assert.match(outputOf({ ...failed, code: "no_such_instance" }, null).stderr, /\nterrace: refused \(no_such_instance\): no room\n$/);
  });

  it("tells once what was told as it happened", () => {
    const failed = { kind: "failed", outcome: "aborted", code: "disk_low", what: "no room", told: true } as const;
    assert.match(outputOf(failed, "r1").stderr, /^ {4}next: /);
  });

  it("prints JSON for programs and a table for people", () => {
    const ending = { kind: "printed", json: { b: 1, a: 2 }, table: "a table\n" } as const;
    assert.equal(outputOf(ending, null).stdout, '{"a":2,"b":1}\n');
    assert.equal(outputOf(ending, null, true).stdout, "a table\n");
  });

  it("lists several faults before the last line, and one only in it", () => {
    const fault = { path: "epoch", message: "is wrong", seen: "0" };
    assert.equal(
      endingOf(new InvalidRequest("malformed_request", "2 faults", [fault, fault])).stderr,
      " !  epoch: is wrong, got 0\n".repeat(2),
    );
    assert.equal(endingOf(new InvalidRequest("malformed_request", "epoch: is wrong", [fault])).stderr, "");
  });

  it("keeps the stack of what is a bug, and of nothing else", () => {
    const bug = endingOf(new TypeError("x is undefined"));
    assert.deepEqual(bug.ending, { kind: "failed", outcome: "internal", code: "bug", what: "TypeError: x is undefined", told: true });
    assert.match(bug.stderr, /^TypeError: x is undefined\n {4}at /);
    assert.equal(endingOf(new Failure("refused", "held", "is held")).stderr, "");
  });

  it("names a full disk, wherever it shows", () => {
    const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    assert.equal(endingOf(error).ending.kind === "failed" && (endingOf(error).ending as { code: string }).code, "disk_low");
  });

  it("names a disk that the kernel made read-only after a fault, but blames it for no container's own", async () => {
    const error = Object.assign(new Error("EROFS: read-only file system, open '/srv/x'"), { code: "EROFS" });
    assert.deepEqual(causeOf(error), { code: "disk_unwritable", what: "Error: EROFS: read-only file system, open '/srv/x'" });
    assert.equal(causeOf(new Error("EIO: i/o error, fsync")).code, "disk_unwritable");
    assert.equal(causeOf(new Error("mkdir /data: read-only file system: unknown")).code, "bug");
    await assert.rejects(
      beforeStart(() => Promise.reject(error)),
      { outcome: "aborted", code: "disk_unwritable" },
    );
    const warnings: string[] = [];
    const progress = { step: () => undefined, note: () => undefined, warn: (line: string) => warnings.push(line) };
    await reported({ progress }, () => Promise.reject(error));
    assert.deepEqual(warnings, ["no report: Error: EROFS: read-only file system, open '/srv/x'"]);
  });

  it("takes a full disk before anything began for no fault of ours, and a bug for a bug", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, open"), { code: "ENOSPC" });
    const what = "Error: ENOSPC: no space left on device, open";
    await assert.rejects(
      beforeStart(() => Promise.reject(full)),
      (error: unknown) => {
        assert.deepEqual(endingOf(error), { ending: { kind: "failed", outcome: "aborted", code: "disk_low", what }, stderr: "" });
        return true;
      },
    );
    const bug = new TypeError("x is undefined");
    await assert.rejects(
      beforeStart(() => Promise.reject(bug)),
      (error: unknown) => error === bug,
    );
    assert.equal(await beforeStart(() => Promise.resolve(7)), 7);
  });
});
