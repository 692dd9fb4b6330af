import { exitCodes } from "../contract/index.ts";
import { UserError } from "../src/settings/userError.ts";

/** What a command ends with, besides what it printed. */
export type ExitCode = number;

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
    process.stderr.write(
      `terrace: a fault of the tool, please report it\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(exitCodes.internal);
  }
}
