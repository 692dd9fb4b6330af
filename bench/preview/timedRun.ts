import { execa } from "execa";

/** What one run of a command cost, everything it started included. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system time of all its processes: what a busy machine stretches least. */
  readonly processorSeconds: number;
}

/** The shell's own clock writes to its standard error; both streams of the command go to standard output. */
const script = `TIMEFORMAT='%R %U %S'; time "$@" 2>&1`;

/** Runs a command to its end. Throws with all it printed when it does not end with 0. */
export async function timedRun(
  command: readonly string[],
  options: { readonly directory: string; readonly environment: Readonly<Record<string, string>> },
): Promise<Cost> {
  const { exitCode, stdout, stderr } = await execa("bash", ["-c", script, "bash", ...command], {
    cwd: options.directory,
    env: options.environment,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
  });
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${String(exitCode)}:\n${stdout}\n${stderr}`);
  return readTimes(stderr);
}

/** `real user system`, in seconds, on the last line. */
export function readTimes(text: string): Cost {
  const match = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+)$/.exec(text.trim().split("\n").at(-1) ?? "");
  if (match === null) throw new Error(`the shell told no times but ${JSON.stringify(text)}`);
  const [wall, user, system] = match.slice(1).map(Number);
  return { wallSeconds: wall ?? Number.NaN, processorSeconds: (user ?? Number.NaN) + (system ?? Number.NaN) };
}
