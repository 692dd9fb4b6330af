import { join } from "node:path";
import { z } from "zod";
import { Actor, Owner } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import type { HostPaths } from "../paths.ts";
import { recordFile } from "./record.ts";

/** Who may change an instance, since when, and who said so first. */
export const OwnerRecord = z.strictObject({ owner: Owner, claimedAt: z.iso.datetime(), claimedBy: Actor });
export type OwnerRecord = z.infer<typeof OwnerRecord>;

const file = recordFile(OwnerRecord);
const path = (paths: HostPaths, instance: string): string => join(paths.instance(instance), "owner.json");

/** `undefined` when nobody has claimed the instance. Throws `Failure (state_unreadable)`. */
export async function readOwner(paths: HostPaths, instance: string): Promise<OwnerRecord | undefined> {
  return file.read(path(paths, instance));
}

export function sameOwner(a: Owner, b: Owner): boolean {
  return a.project === b.project && a.stack === b.stack;
}

/** Refuses an owner other than the one that has claimed the instance, if any has. Throws `Failure (owner_mismatch)`. */
export async function requireOwner(paths: HostPaths, instance: string, owner: Owner): Promise<OwnerRecord | undefined> {
  const record = await readOwner(paths, instance);
  if (record === undefined || sameOwner(record.owner, owner)) return record;
  throw new Failure("refused", "owner_mismatch", foreignOwner(instance, record.owner, owner));
}

/**
 * The first of secrets, data and rollout to come claims the instance; the others must match (architecture §6). Call it under the
 * instance's lease. Throws `Failure (owner_mismatch)`.
 */
export async function claimInstance(context: Pick<Context, "paths" | "clock" | "actor">, instance: string, owner: Owner): Promise<void> {
  if ((await requireOwner(context.paths, instance, owner)) !== undefined) return;
  const claimed = { owner, claimedAt: context.clock.now().toISOString(), claimedBy: context.actor };
  await file.write(path(context.paths, instance), claimed);
}

export function foreignOwner(instance: string, owner: Owner, asking: Owner): string {
  return `${instance} belongs to stack "${owner.stack}" of project "${owner.project}", not to "${asking.stack}" of "${asking.project}"`;
}
