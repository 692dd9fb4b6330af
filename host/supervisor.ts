import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { z } from "zod";
import { Actor, Request, exitCodes } from "../contract/index.ts";
import { Failure } from "./ending.ts";

/**
 * A verb that changes something does its work in a process of its own: started by `flock`, so that it holds the lease for exactly as long
 * as it lives, inside a transient systemd unit, so that the end of the SSH session ends nothing. This process only waits and passes the
 * exit code on. Where no systemd runs (tests), `flock` is started directly.
 */
export interface Supervised {
  readonly verb: string;
  readonly lease: string;
  /** From `leaseFile`. */
  readonly lockFile: string;
  /** The bundle, by its content-addressed path: an update of the program must not change it under a running request. */
  readonly program: string;
}

/** What the supervised process reads on standard input: the request, already checked, and who asked. Holds secrets; never on disk. */
export const Envelope = z.strictObject({ actor: Actor, request: Request });
export type Envelope = z.infer<typeof Envelope>;

/** `flock`'s exit code when somebody else holds the lock; no verb of ours ends so. */
const busyExitCode = exitCodes.busy;

export function supervisedCommand(supervised: Supervised, withSystemd: boolean): readonly [string, ...string[]] {
  const { lease, lockFile, program, verb } = supervised;
  const locked = [
    "/usr/bin/flock",
    "-n",
    "-E",
    String(busyExitCode),
    "-F",
    lockFile,
    process.execPath,
    program,
    "supervised",
    verb,
  ] as const;
  if (!withSystemd) return locked;
  return [
    "/usr/bin/systemd-run",
    "--quiet",
    "--collect",
    "--pipe",
    "--wait",
    `--unit=terrace-${verb}-${lease}-${process.pid}`,
    `--description=terrace ${verb} ${lease}`,
    ...locked,
  ];
}

/**
 * Runs the verb supervised and returns its exit code, or `"busy"`. Its output goes where ours goes. Throws `Failure (interrupted)` when the
 * process was killed: what it left behind is put right by the next request on the instance.
 */
export async function supervise(supervised: Supervised, envelope: Envelope): Promise<number | "busy"> {
  const [file, ...parameters] = supervisedCommand(supervised, existsSync("/run/systemd/system"));
  const child = spawn(file, parameters, { stdio: ["pipe", "inherit", "inherit"], env: { PATH: "/usr/bin:/bin" } });
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(envelope));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (exitCode === busyExitCode) return "busy";
  if (exitCode !== null && (Object.values(exitCodes) as number[]).includes(exitCode)) return exitCode;
  throw new Failure("internal", "interrupted", `the process that carried the request out ended with ${exitCode ?? "a signal"}`);
}
