import type { Healthcheck } from "../../contract/index.ts";
import type { FaultSink } from "../shared/fault.ts";
import type { PeopleService } from "./composeFile.ts";
import type { PlannedService } from "./planService.ts";

/**
 * Every service that stays up says how one knows that it is healthy; without that a rollout could only guess. Docker's defaults (30 s
 * between checks, 5 s while starting) would make each rollout wait for the clock, so a start-up interval of one second is filled in.
 */
export function planHealthcheck(
  people: PeopleService,
  role: PlannedService["role"],
  startSeconds: number,
  faults: FaultSink,
): Healthcheck | undefined {
  const { healthcheck } = people;
  if (healthcheck === undefined) {
    if (role !== "job")
      faults.add(
        'is missing: say how one knows that the service is healthy, such as `test: ["CMD", "wget", "-q", "-O-", "http://127.0.0.1:8000/healthz"]`',
      );
    return undefined;
  }
  const test = typeof healthcheck.test === "string" ? ["CMD-SHELL", healthcheck.test] : healthcheck.test;
  if (test[0] === "NONE" || test.length < 2 || (test[0] !== "CMD" && test[0] !== "CMD-SHELL")) {
    faults
      .below("test")
      .add(`must begin with CMD or CMD-SHELL, got ${JSON.stringify(healthcheck.test)}; a service without a check cannot be rolled out`);
  }
  return {
    test,
    interval: healthcheck.interval ?? "10s",
    timeout: healthcheck.timeout ?? "5s",
    retries: healthcheck.retries ?? 3,
    start_period: healthcheck.start_period ?? `${startSeconds}s`,
    start_interval: healthcheck.start_interval ?? "1s",
  };
}
