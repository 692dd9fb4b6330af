import { phases } from "../../contract/index.ts";
import type { Phase, ReasonCode } from "../../contract/index.ts";
import { causeOf } from "../ending.ts";
import type { FailedOutcome } from "../ending.ts";

/** Whether the new release may have served when an attempt ended in this phase. */
export function hasServed(phase: Phase): boolean {
  return phases.indexOf(phase) >= phases.indexOf("switch");
}

export interface FailedAttempt {
  readonly outcome: FailedOutcome;
  readonly code: ReasonCode;
  readonly what: string;
}

/** What a failure in a phase means once everything has been put back: the phase decides the outcome, the failure itself the reason. */
export function failedAttempt(phase: Phase, error: unknown): FailedAttempt {
  return { outcome: hasServed(phase) ? "rolled_back" : "aborted", ...causeOf(error) };
}

/** The same when it could not be put back: both causes are told. */
export function failedTakeBack(first: FailedAttempt, error: unknown): FailedAttempt {
  const second = causeOf(error).what;
  return {
    outcome: "rollback_failed",
    code: "rollback_incomplete",
    what: `${first.what} (${first.code}); taking it back failed: ${second}`,
  };
}

/** The same for a rollback whose target serves: it is never itself rolled back, so two bad releases cannot be swapped for ever. */
export function failedRollback(first: FailedAttempt, release: string): FailedAttempt {
  const what = `${first.what} (${first.code}); a rollback is not taken back, so ${release} stays`;
  return { outcome: "rollback_failed", code: "rollback_incomplete", what };
}
