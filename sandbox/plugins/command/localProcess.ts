import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { constants } from "node:os";
import type { Log } from "../base/index.ts";
import { goQuote } from "./goText.ts";
import { OutputCollector } from "./output.ts";
import type { CommandOutput, Logging } from "./output.ts";

export interface LocalRun {
  readonly command: string;
  readonly interpreter?: readonly string[];
  readonly dir?: string;
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly previous: CommandOutput | undefined;
  readonly logging?: Logging;
}

/** Runs a command on this machine; the engine's cancel and `customTimeouts` kill it. */
export async function runLocally(run: LocalRun, context: { readonly log: Log; readonly signal: AbortSignal }): Promise<CommandOutput> {
  const [program = "/bin/sh", ...rest] =
    run.interpreter === undefined || run.interpreter.length === 0 ? ["/bin/sh", "-c"] : run.interpreter;
  const collector = new OutputCollector(run.logging, (line) => context.log.status(line));
  const child = spawn(program, [...rest, run.command], { cwd: run.dir ?? process.cwd(), env: environmentOf(run), stdio: "pipe" });
  const kill = (): boolean => child.kill("SIGKILL");
  if (context.signal.aborted) kill();
  context.signal.addEventListener("abort", kill, { once: true });
  child.stdout.on("data", (chunk: Buffer) => collector.add("stdout", chunk));
  child.stderr.on("data", (chunk: Buffer) => collector.add("stderr", chunk));
  const failure = await waitForEnd(child, program, run);
  context.signal.removeEventListener("abort", kill);
  collector.finish();
  if (failure !== undefined) throw new Error(`${failure}: running ${goQuote(run.command)}:\n${collector.combined()}`);
  return collector.output();
}

/** The CLI's environment, the program's additions, then the previous output where there is one. */
function environmentOf({ environment, previous }: LocalRun): NodeJS.ProcessEnv {
  const output = [
    ["PULUMI_COMMAND_STDOUT", previous?.stdout ?? ""],
    ["PULUMI_COMMAND_STDERR", previous?.stderr ?? ""],
  ] as const;
  return { ...process.env, ...environment, ...Object.fromEntries(output.filter(([, value]) => value !== "")) };
}

/** Undefined for a good end, otherwise what Go says of a bad one. */
async function waitForEnd(child: ChildProcessWithoutNullStreams, program: string, run: LocalRun): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => resolve(startFailure(error, program, run.dir)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(code === null ? `signal: ${signalText(signal ?? "")}` : `exit status ${code}`);
    });
    // A command may end without reading its input; only the exit status counts.
    child.stdin.on("error", () => undefined);
    child.stdin.end(run.stdin ?? "");
  });
}

function startFailure(error: NodeJS.ErrnoException, program: string, directory: string | undefined): string {
  const reason = {
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
    ENOTDIR: "not a directory",
    E2BIG: "argument list too long",
  }[error.code ?? ""];
  if (error.code === "ENOENT" && !program.includes("/")) return `exec: ${goQuote(program)}: executable file not found in $PATH`;
  // Node does not say which of the two is missing. The shell is always there.
  if (error.code === "ENOENT" && directory !== undefined && program === "/bin/sh") return `chdir ${directory}: no such file or directory`;
  return `fork/exec ${program}: ${reason ?? error.message}`;
}

/** Signals in the words of Go's syscall package. */
function signalText(signal: string): string {
  const words: Record<string, string> = {
    SIGKILL: "killed",
    SIGTERM: "terminated",
    SIGINT: "interrupt",
    SIGHUP: "hangup",
    SIGSEGV: "segmentation fault",
    SIGABRT: "aborted",
    SIGPIPE: "broken pipe",
  };
  return words[signal] ?? `signal ${constants.signals[signal as NodeJS.Signals]}`;
}
