import { Command } from "commander";
import { exitCodes } from "../contract/index.ts";
import { UserError } from "../src/settings/userError.ts";

/** What a command ends with, besides what it printed. */
export type ExitCode = number;

/** A program whose usage errors, like every other wrong request, end with the contract's code. Sub-commands take that over. */
export function newProgram(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showHelpAfterError("(--help says more)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.invalid));
}

/**
 * Runs a command to its exit code. A mistake of a person is told in its own words, with the contract's exit code for a wrong request;
 * anything else is a bug, and keeps its stack. Ends the process: an abandoned request to a store may still be under way.
 */
export async function runCommand(work: () => Promise<ExitCode>): Promise<never> {
  try {
    process.exit(await work());
  } catch (error) {
    if (error instanceof UserError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(exitCodes.invalid);
    }
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`terrace: a fault of the tool, please report it\n${stack}\n`);
    process.exit(exitCodes.internal);
  }
}
