import type { Client, ClientChannel } from "ssh2";
import type { Log } from "../base/index.ts";
import { dial } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { goQuote } from "./goText.ts";
import { OutputCollector } from "./output.ts";
import type { CommandOutput, Logging } from "./output.ts";
import { beforeExec } from "./sessionEnvironment.ts";

export interface RemoteRun {
  readonly connection: Connection;
  readonly command: string;
  readonly stdin: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Offered to the server too; that it refuses these is a warning only. */
  readonly previous: CommandOutput | undefined;
  readonly logging: Logging | undefined;
}

interface RunContext {
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Numbers that a shell's exit status would show; others have none, as in Go's SSH library. */
const signalNumbers: Readonly<Record<string, number>> = {
  ABRT: 6,
  ALRM: 14,
  FPE: 8,
  HUP: 1,
  ILL: 4,
  INT: 2,
  KILL: 9,
  PIPE: 13,
  QUIT: 3,
  SEGV: 11,
  TERM: 15,
};

/**
 * Runs a command on a server over a connection of its own. A command that has started is not stopped by the engine's cancel, nor by
 * `customTimeouts`: upstream has no way to do so either.
 */
export async function runRemotely(run: RemoteRun, context: RunContext): Promise<CommandOutput> {
  const client = await dial(run.connection, context);
  try {
    return await execute(client, run, context.log);
  } finally {
    client.end();
  }
}

async function execute(client: Client, run: RemoteRun, log: Log): Promise<CommandOutput> {
  const { command } = run;
  const collector = new OutputCollector(run.logging, (line) => log.status(line));
  const explain = (reason: string): Error => new Error(`${reason}: running ${goQuote(command)}:\n${collector.combined()}`);

  const refused = beforeExec(client, async (setVariable) => {
    for (const [name, value] of Object.entries(run.environment)) {
      if (!(await setVariable(name, value))) {
        log.error(unacceptedVariable(name));
        throw new Error(`could not set environment variable ${goQuote(name)}: ssh: setenv failed`);
      }
    }
    const previous = [
      ["PULUMI_COMMAND_STDOUT", run.previous?.stdout ?? ""],
      ["PULUMI_COMMAND_STDERR", run.previous?.stderr ?? ""],
    ] as const;
    for (const [name, value] of previous) {
      if (value !== "" && !(await setVariable(name, value))) log.warning(unacceptedVariable(name));
    }
  });
  const ended = new Promise<string | undefined>((resolve, reject) => {
    client.once("close", () => resolve(exitMissing));
    client.exec(command, (error, channel) => {
      if (error !== undefined) {
        reject(error.message === "Unable to exec" ? explain(`ssh: command ${command} failed`) : error);
        return;
      }
      // At once: with a quick command the exit status may be in the very packet that brought this answer.
      waitForEnd(channel, collector, resolve);
      channel.end(run.stdin ?? "");
    });
  });
  const failure = await Promise.race([ended, refused]);
  collector.finish();
  if (failure !== undefined) throw explain(failure);
  return collector.output();
}

const exitMissing = "wait: remote command exited without exit status or exit signal";

/** Collects what the command prints and reports its end: undefined for a good one, otherwise what Go's SSH library says of a bad one. */
function waitForEnd(channel: ClientChannel, collector: OutputCollector, done: (failure: string | undefined) => void): void {
  let result: string | undefined = exitMissing;
  channel.on("data", (chunk: Buffer) => collector.add("stdout", chunk));
  channel.stderr.on("data", (chunk: Buffer) => collector.add("stderr", chunk));
  // A command may end without reading its input; the write then fails, and only the exit status counts.
  channel.on("error", () => undefined);
  channel.once("exit", (code: number | null, signal?: string, _dumped?: unknown, description?: string) => {
    const name = signal?.replace(/^SIG/, "");
    const status = code ?? 128 + (signalNumbers[name ?? ""] ?? 0);
    if (status === 0) result = undefined;
    else {
      result = `Process exited with status ${status}`;
      if (name !== undefined) result += ` from signal ${name}`;
      if (description !== undefined && description !== "") result += `. Reason was: ${description}`;
    }
  });
  channel.once("close", () => done(result));
}

function unacceptedVariable(name: string): string {
  return `The SSH server does not accept the variable '${name}': it needs a line "AcceptEnv ${name}" in its configuration. A command that a shell runs can set it itself: ${name}=value command`;
}
