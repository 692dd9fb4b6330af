import assert from "node:assert/strict";
import { readTimes, timedRun } from "../../../bench/preview/timedRun.ts";

const options = { directory: "/", environment: { PATH: process.env["PATH"] ?? "" } };

describe("a timed run", () => {
  it("reads wall, user and system time", () => {
    assert.deepEqual(readTimes("1.250 0.500 0.125\n"), { wallSeconds: 1.25, processorSeconds: 0.625 });
  });

  it("refuses what are no times", () => {
    assert.throws(() => readTimes("real 0m1.250s"), /told no times but "real 0m1\.250s"/);
  });

  it("counts the children of what it runs", async () => {
    const busy = "let n = 0; while (process.cpuUsage().user < 200_000) n++;";
    const cost = await timedRun(["bash", "-c", '"$0" -e "$1"; true', process.execPath, busy], options);
    assert.ok(cost.processorSeconds >= 0.2, `only ${cost.processorSeconds} s`);
  });

  it("throws what a command printed on both streams when it fails", async () => {
    await assert.rejects(timedRun(["bash", "-c", "echo one; echo two >&2; exit 7"], options), /ended with 7:\none\ntwo/);
  });
});
