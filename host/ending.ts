import type { Outcome, ReasonCode, Result } from "../contract/index.ts";

/** Outcomes a request can fail with; their exit codes are not 0. */
export type FailedOutcome = Exclude<Outcome, "deployed" | "unchanged">;

/**
 * How a verb ends. `succeeded` becomes the one JSON line on standard output; `printed` is what `status` and `history` show; `failed` leaves
 * standard output empty and becomes the last line of standard error.
 */
export type Ending =
  | { readonly kind: "succeeded"; readonly result: Omit<Result, "contract"> }
  | { readonly kind: "printed"; readonly json: unknown; /** The same for people: a table. */ readonly table: string }
  | {
      readonly kind: "failed";
      readonly outcome: FailedOutcome;
      readonly code: ReasonCode;
      readonly what: string;
      /** Release that serves now. `undefined`: main looks it up; `null`: nothing serves. */
      readonly serving?: string | null;
      /** What happened was told as it happened; else it is told before what to do about it. */
      readonly told?: true;
    };

/**
 * A failure that has a reason code and a sentence for people. Everything else that is thrown is a bug: it ends as `internal (bug)` with
 * its stack.
 */
export class Failure extends Error {
  readonly outcome: FailedOutcome;
  readonly code: ReasonCode;

  constructor(outcome: FailedOutcome, code: ReasonCode, what: string, options?: ErrorOptions) {
    super(what, options);
    this.name = "Failure";
    this.outcome = outcome;
    this.code = code;
  }
}

/** Success of a verb that did (`deployed`) or did not have to do (`unchanged`) something. */
export function succeeded(result: Omit<Result, "contract">): Ending {
  return { kind: "succeeded", result };
}

/** The reason code and the sentence of anything thrown: a `Failure` has its own, a disk that is full or read-only shows through every call, the rest is a bug. */
export function causeOf(error: unknown): { readonly code: ReasonCode; readonly what: string } {
  if (error instanceof Failure) return { code: error.code, what: error.message };
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: diskFaults.find(([, pattern]) => pattern.test(what))?.[0] ?? "bug", what };
}

/** What the host's own disk does to every call. Read-only by its number alone: the words also come from a container with `read_only`. */
const diskFaults: readonly (readonly [ReasonCode, RegExp])[] = [
  ["disk_low", /\b(?:ENOSPC|EDQUOT)\b|no space left on device/],
  ["disk_unwritable", /\b(?:EROFS|EIO)\b/],
];

/** Whether the host's disk is to blame, so that nothing more can be written there either. */
export function isDiskFault(code: ReasonCode): boolean {
  return diskFaults.some(([fault]) => fault === code);
}

/** For what is done before anything is touched: no disk to begin on is no fault of the tool. */
export async function beforeStart<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    const { code, what } = causeOf(error);
    throw isDiskFault(code) && !(error instanceof Failure) ? new Failure("aborted", code, what, { cause: error }) : error;
  }
}
