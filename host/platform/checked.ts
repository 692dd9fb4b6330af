import type { ReasonCode } from "../../contract/index.ts";
import type { Command, CommandResult, Execute } from "../command.ts";
import { Failure } from "../ending.ts";

/** Last lines of what a failed command said: the cause stands there, what came before fills screens. */
const quotedLines = 3;

/**
 * Runs a command that must succeed. Throws `Failure` with `code`, or an Error (our bug) without one. Not for commands whose output could
 * hold a secret.
 */
export async function checked(execute: Execute, command: Command, code?: ReasonCode): Promise<CommandResult> {
  const result = await execute(command);
  if (result.exitCode === 0) return result;
  const ended = result.timedOut ? `took longer than ${command.timeoutSeconds ?? 0} s` : `ended with ${result.exitCode ?? result.signal}`;
  const what = `${command.argv.join(" ")} ${ended}: ${lastLines(result)}`;
  throw code === undefined ? new Error(what) : new Failure("aborted", code, what);
}

export function lastLines({ stdout, stderr }: Pick<CommandResult, "stdout" | "stderr">): string {
  const text = stderr.trim() === "" ? stdout : stderr;
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0 ? "no message" : lines.slice(-quotedLines).join(" / ");
}
