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

/** How a supervised verb ended. Its words on standard error have gone where ours go. */
export interface Supervision {
  readonly exitCode: number;
  /** The one line of a result; empty where it failed. */
  readonly stdout: string;
}

/**
 * Runs the verb supervised. Throws `Failure (interrupted)` when the process was killed: what it left behind is put right by the next request
 * on the instance. Exit code 0 is believed only with a result: to systemd a service that SIGTERM, SIGINT or SIGHUP ended has ended well
 * (systemd.service(5), SuccessExitStatus=), and so `systemctl stop` or a shutdown would make a release deployed that is half way.
 */
export async function supervise(supervised: Supervised, envelope: Envelope): Promise<Supervision | "busy"> {
  const [file, ...parameters] = supervisedCommand(supervised, existsSync("/run/systemd/system"));
  const child = spawn(file, parameters, { stdio: ["pipe", "pipe", "inherit"], env: { PATH: "/usr/bin:/bin" } });
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(envelope));
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (exitCode === busyExitCode) return "busy";
  const isKnown = exitCode !== null && (Object.values(exitCodes) as number[]).includes(exitCode);
  if (isKnown && (exitCode !== 0 || stdout !== "")) return { exitCode, stdout };
  const end = exitCode === 0 ? "without a result" : `with ${exitCode ?? "a signal"}`;
  throw new Failure("internal", "interrupted", `the process that carried the request out ended ${end}`);
}
