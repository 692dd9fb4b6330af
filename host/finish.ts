import { canonicalJson, contractVersion, exitCodes, failureLine, reasons } from "../contract/index.ts";
import { Failure, causeOf } from "./ending.ts";
import type { Ending } from "./ending.ts";
import { InvalidRequest, faultLine } from "./request.ts";

/** What the caller sees in the end: at most one line on standard output, words on standard error, an exit code. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * The one place where an ending becomes output. `serving` is the release that serves now (`null`: none, `undefined`: the request is about no
 * instance), for failures that do not say so themselves; `asTable` is what a person at a terminal gets of a verb that prints.
 */
export function outputOf(ending: Ending, serving: string | null | undefined, asTable = false): Output {
  switch (ending.kind) {
    case "succeeded": {
      const { outcome, what, release } = ending.result;
      const stdout = `${canonicalJson({ contract: contractVersion, ...ending.result })}\n`;
      // Only releases are deployed: of a platform, of data or of something that was taken away it would read oddly.
      const word = outcome === "deployed" && release === undefined ? "done" : outcome;
      return {
        stdout,
        stderr: `==> ${word}: ${what}\n`,
        exitCode: exitCodes[outcome],
      };
    }
    case "printed":
      return { stdout: asTable ? ending.table : `${canonicalJson(ending.json)}\n`, stderr: "", exitCode: 0 };
    case "failed": {
      // An instance that this host does not know may be a slip of the pen for one that serves.
      const lookedUp = ending.code === "no_such_instance" ? undefined : serving;
      const line = failureLine({ ...ending, serving: ending.serving === undefined ? lookedUp : ending.serving });
      const first = ending.told === true ? "" : ` !  ${ending.what}\n`;
      return { stdout: "", stderr: `${first}    next: ${reasons[ending.code].remedy}\n${line}\n`, exitCode: exitCodes[ending.outcome] };
    }
  }
}

/** The one place where something thrown becomes an ending, with what to print before its last line. */
export function endingOf(error: unknown): { readonly ending: Ending; readonly stderr: string } {
  if (error instanceof Failure) {
    const faults = error instanceof InvalidRequest && error.faults.length > 1 ? error.faults : [];
    const told = faults.length > 0 ? ({ told: true } as const) : {};
    const ending = { kind: "failed", outcome: error.outcome, code: error.code, what: error.message, ...told } as const;
    return { ending, stderr: faults.map((fault) => ` !  ${faultLine(fault)}\n`).join("") };
  }
  const { code, what } = causeOf(error);
  const stack = error instanceof Error ? (error.stack ?? what) : what;
  return { ending: { kind: "failed", outcome: "internal", code, what, told: true }, stderr: `${stack}\n` };
}
