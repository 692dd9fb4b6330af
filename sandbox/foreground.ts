import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

/** Terminal, npm and our own launcher may each pass on one press of Ctrl-C: signals so close together are one wish. */
const oneWishMilliseconds = 1000;

export interface ForegroundEnd {
  readonly exitCode: number;
  /** Whether somebody wished to stop it before it ended. */
  readonly interrupted: boolean;
}

/** What is said when somebody stops a program that has work under way. */
export interface ForegroundWords {
  readonly first: string;
  readonly again: string;
}

/**
 * Runs a program on this terminal and waits for its end, whatever signal comes: a prompt that is back while the program works on in the
 * background would be a lie. The program gets each wish to stop once, by us alone: it leads a process group of its own, out of the terminal's
 * reach, since it would take a second signal for impatience.
 */
export async function inForeground(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  words: ForegroundWords,
): Promise<ForegroundEnd> {
  const child = spawn(file, args, { ...options, stdio: ["ignore", "inherit", "inherit"], detached: true });
  let wishes = 0;
  let heeding = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (heeding) return;
    heeding = true;
    void delay(oneWishMilliseconds, undefined, { ref: false }).then(() => (heeding = false));
    wishes += 1;
    process.stderr.write(`\n==> ${wishes === 1 ? words.first : words.again}\n`);
    // A hang-up stops in order too: programs of which nobody sees a word any more tend to die of it.
    child.kill(signal === "SIGHUP" ? "SIGTERM" : signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 130));
    });
    return { exitCode, interrupted: wishes > 0 };
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
