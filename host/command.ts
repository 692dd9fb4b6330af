import { spawn } from "node:child_process";

/** A command as a value: tests compare it, nothing ever quotes it for a shell. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** Written to standard input, which is then closed. Without it the command gets an empty one. */
  readonly stdin?: string | Uint8Array;
  /** Added to the small fixed environment; this process's own is never handed on. The only place where secret values may stand. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The command is killed after this time, with all that it started. Default: no limit. */
  readonly timeoutSeconds?: number;
}

export interface CommandResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Runs a command to its end. Rejects only when it cannot be started; a non-zero exit is a result like any other. */
export type Execute = (command: Command) => Promise<CommandResult>;

/** The caller's environment could carry settings of Docker, Node or the loader into what runs as root, so none of it is passed on. */
const fixedEnvironment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root", LANG: "C.UTF-8" } as const;

export const execute: Execute = (command) =>
  new Promise((resolve, reject) => {
    const [file, ...parameters] = command.argv;
    const child = spawn(file, parameters, {
      env: { ...fixedEnvironment, ...command.environment },
      stdio: ["pipe", "pipe", "pipe"],
      // A process group of its own: `docker` only waits for its plugin, which would go on, and hold our pipes open, after `docker` was killed.
      detached: true,
    });
    const output: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
    child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
    let timedOut = false;
    const timer =
      command.timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            killGroup(child.pid);
          }, command.timeoutSeconds * 1000);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", (exitCode, signal) => {
      clearTimeout(timer);
      resolve({
        exitCode,
        signal,
        stdout: Buffer.concat(output.stdout).toString("utf8"),
        stderr: Buffer.concat(output.stderr).toString("utf8"),
        timedOut,
      });
    });
    // A command that ends without reading its input closes the pipe; its exit code tells more than EPIPE would.
    child.stdin.on("error", () => undefined);
    child.stdin.end(command.stdin);
  });

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    // Ended by itself just now.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
