import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Actor } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { removeFile } from "../files.ts";
import type { HostPaths } from "../paths.ts";
import { recordFile } from "./record.ts";

/**
 * A lease is an exclusive flock(2) on a file that is never unlinked: it ends with the process that holds it, so it cannot go stale, and no
 * two holders can meet on two inodes. Only root may open it: to lock a file it is enough to read it (flock(2)), so any login on the server
 * could hold every instance. The process is started by `flock` itself (`supervisor.ts`), because Node has no flock of its own.
 */
export async function leaseFile(paths: HostPaths, lease: string): Promise<string> {
  await mkdir(paths.instance(lease), { recursive: true });
  const lock = join(paths.instance(lease), "lock");
  const file = await open(lock, "a");
  try {
    await file.chmod(0o600);
  } finally {
    await file.close();
  }
  return lock;
}

/** Who holds a lease. Only for messages: the flock decides, this may be old. */
export const Holder = z.strictObject({ verb: z.string(), actor: Actor, since: z.iso.datetime(), process: z.int() });
export type Holder = z.infer<typeof Holder>;

const file = recordFile(Holder);
const path = (paths: HostPaths, lease: string): string => join(paths.instance(lease), "holder.json");

export async function writeHolder(context: Pick<Context, "paths" | "clock" | "actor">, lease: string, verb: string): Promise<void> {
  const holder = { verb, actor: context.actor, since: context.clock.now().toISOString(), process: process.pid };
  await file.write(path(context.paths, lease), holder);
}

export async function removeHolder(paths: HostPaths, lease: string): Promise<void> {
  await removeFile(path(paths, lease));
}

/** The sentence of a `busy` ending. A record that is missing or torn takes nothing away but the details. */
export async function busySentence(paths: HostPaths, lease: string): Promise<string> {
  const holder = await file.read(path(paths, lease)).catch(() => undefined);
  if (holder === undefined) return `${lease}: another request is running`;
  return `${lease}: ${holder.verb} by ${holder.actor.user} has been running since ${holder.since} (process ${holder.process})`;
}
