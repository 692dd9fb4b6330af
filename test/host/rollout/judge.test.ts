import assert from "node:assert/strict";
import type { Container } from "../../../host/docker/containers.ts";
import { judgeHealth, judgeJob, judgeSteady } from "../../../host/rollout/judge.ts";
import type { Judge } from "../../../host/rollout/judge.ts";

const container = (changes: Partial<Container> = {}): Container => ({
  id: "c1",
  name: "shop-prod-green-api-1",
  image: "",
  labels: {},
  status: "running",
  running: true,
  health: "healthy",
  healthLog: [],
  exitCode: 0,
  outOfMemory: false,
  error: "",
  pid: 7,
  restarts: 0,
  restartPolicy: "no",
  networks: {},
  startedAt: "",
  finishedAt: "",
  ...changes,
});
const exited = (exitCode: number, changes: Partial<Container> = {}): Container =>
  container({ status: "exited", running: false, exitCode, ...changes });

describe("host/rollout/judge", () => {
  const cases: readonly (readonly [string, Judge, Container | undefined, string])[] = [
    ["a healthy one", judgeHealth, container(), "good"],
    ["one without a check", judgeHealth, container({ health: null }), "good"],
    ["one that is starting", judgeHealth, container({ health: "starting" }), "wait"],
    ["one that was only created", judgeHealth, container({ status: "created", running: false, health: "starting" }), "wait"],
    [
      "an unhealthy one",
      judgeHealth,
      container({ health: "unhealthy", healthLog: ["a", "b exit 1: refused"] }),
      "container_unhealthy: its health check failed: b exit 1: refused",
    ],
    ["one that ended", judgeHealth, exited(3), "container_exited: exited with code 3"],
    ["one that ended well", judgeHealth, exited(0), "container_exited: exited with code 0"],
    [
      "one that had no memory",
      judgeHealth,
      exited(137, { outOfMemory: true }),
      "container_exited: was killed for want of memory (exit code 137)",
    ],
    ["one that Docker could not start", judgeHealth, exited(127, { error: "no such file" }), "container_exited: no such file"],
    ["one that is gone", judgeHealth, undefined, "container_exited: was removed while it was starting"],
    ["a job that runs", judgeJob, container({ health: null }), "wait"],
    ["a job that was only created", judgeJob, container({ status: "created", running: false }), "wait"],
    ["a job that ended well", judgeJob, exited(0), "good"],
    ["a job that failed", judgeJob, exited(4), "job_failed: exited with code 4"],
    ["a job that is gone", judgeJob, undefined, "job_failed: was removed while it ran"],
    ["a steady one", judgeSteady, container(), "wait"],
    ["one that died and came back", judgeSteady, container({ restarts: 1 }), "settle_failed: died, and Docker started it again"],
    ["one that died", judgeSteady, exited(1), "settle_failed: exited with code 1"],
    ["one that turned unhealthy", judgeSteady, container({ health: "unhealthy" }), "settle_failed: its health check failed"],
    ["one that was taken away", judgeSteady, undefined, "settle_failed: was removed"],
  ];
  for (const [what, judge, seen, expected] of cases) {
    it(`${what}: ${expected}`, () => {
      const judgement = judge(seen);
      assert.equal(
        judgement === undefined ? "wait" : judgement.kind === "good" ? "good" : `${judgement.code}: ${judgement.what}`,
        expected,
      );
    });
  }
});
