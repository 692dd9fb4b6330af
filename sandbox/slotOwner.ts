import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { bridgeExists } from "./bridge.ts";
import { controlGroupExists, killControlGroup } from "./controlGroup.ts";
import { slotLock } from "./guard.ts";
import { exists } from "./shared/cache.ts";
import { readIfPresent, replaceFile } from "./shared/files.ts";
import { takeLock } from "./shared/lock.ts";
import { stateDirectory } from "./shared/paths.ts";
import { slotCount, slotOf, type Slot, type SlotOwner } from "./slot.ts";

/** What is known of a slot when one is chosen. */
export interface SlotRecord {
  readonly number: number;
  readonly owner: SlotOwner | undefined;
  /** A living supervisor holds it, or something runs in it that is not recorded here. */
  readonly held: boolean;
  /** The owner's checkout is no longer there. */
  readonly abandoned: boolean;
}

export type SlotChoice =
  | { readonly kind: "own"; readonly number: number }
  /** To be cleaned of what an earlier owner left, if there was one. */
  | { readonly kind: "take"; readonly number: number; readonly from: SlotOwner | undefined }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Chooses a slot: the owner's own, else one without owner, else one whose owner is gone, else one that is down. Never one that somebody
 * else runs. Starts looking at a number made from the owner, so that the answer is mostly the same after a `reset`.
 */
export function chooseSlot(records: readonly SlotRecord[], owner: SlotOwner, wanted?: number): SlotChoice {
  const isOurs = (record: SlotRecord): boolean => isSame(record.owner, owner);
  const take = (record: SlotRecord): SlotChoice =>
    isOurs(record) ? { kind: "own", number: record.number } : { kind: "take", number: record.number, from: record.owner };
  if (wanted !== undefined) {
    const record = records.find((candidate) => candidate.number === wanted);
    if (record === undefined) return { kind: "refused", reason: `slot: must be a whole number from 0 to ${slotCount - 1}, got ${wanted}` };
    if (record.held && !record.abandoned && !isOurs(record))
      return { kind: "refused", reason: `slot ${wanted}: is in use by ${describe(record.owner)}; choose another or leave --slot out` };
    return take(record);
  }
  const start = createHash("sha256").update(`${owner.checkout}\0${owner.purpose}`).digest().readUInt32BE() % slotCount;
  const inOrder = [...records].sort((a, b) => ((a.number - start + slotCount) % slotCount) - ((b.number - start + slotCount) % slotCount));
  const free = inOrder.filter((record) => !record.held);
  const found =
    inOrder.find((record) => isOurs(record) && record.owner?.additional !== true) ??
    free.find((record) => record.owner === undefined) ??
    inOrder.find((record) => record.abandoned) ??
    free[0];
  if (found !== undefined) return take(found);
  const holders = records.map((record) => `${record.number}: ${describe(record.owner)}`).join(", ");
  return { kind: "refused", reason: `slots: all ${slotCount} are in use (${holders}); run "npm run sandbox -- down" in one of them` };
}

/** The slot that belongs to `owner`, if it has one. */
export async function ownSlot(owner: SlotOwner): Promise<Slot | undefined> {
  const records = await Promise.all(Array.from({ length: slotCount }, (_, number) => readOwner(slotOf(number))));
  const number = records.findIndex((record) => isSame(record, owner) && record?.additional !== true);
  return number === -1 ? undefined : slotOf(number);
}

/** Gives `owner` a slot, removing what an earlier owner left in it. Throws when none is to be had. */
export async function claimSlot(owner: SlotOwner, wanted?: number): Promise<Slot> {
  const own = await ownSlot(owner);
  if (own !== undefined && (wanted === undefined || wanted === own.number)) return own;
  const lock = await takeLock(join(stateDirectory, "locks", "slots"));
  try {
    const records = await Promise.all(Array.from({ length: slotCount }, (_, number) => readRecord(slotOf(number))));
    const choice = chooseSlot(records, owner, wanted);
    if (choice.kind === "refused") throw new Error(choice.reason);
    const slot = slotOf(choice.number);
    if (choice.kind === "take") {
      if (choice.from !== undefined) process.stderr.write(`==> slot ${slot.number}: taken over from ${describe(choice.from)}\n`);
      // A supervisor whose checkout is gone may still run; its guard gives the lock back when everything is down.
      await killControlGroup(slot.controlGroup);
      await (await takeLock(slotLock(slot)))?.release();
      await rm(slot.directory, { recursive: true, force: true });
      const recorded: SlotOwner = own === undefined ? owner : { ...owner, additional: true };
      await replaceFile(ownerFile(slot), `${JSON.stringify(recorded)}\n`);
    }
    return slot;
  } finally {
    await lock?.release();
  }
}

/** Forgets a slot and everything in it. The caller has seen to it that no supervisor lives. */
export async function releaseSlot(slot: Slot): Promise<void> {
  await rm(slot.directory, { recursive: true, force: true });
}

async function readRecord(slot: Slot): Promise<SlotRecord> {
  const owner = await readOwner(slot);
  const lock = await takeLock(slotLock(slot), { wait: false });
  await lock?.release();
  // Traces in a slot without a record here are another state folder's, or somebody's experiment: not ours to clean.
  const foreign = owner === undefined && ((await bridgeExists(slot)) || (await controlGroupExists(slot.controlGroup)));
  return {
    number: slot.number,
    owner,
    held: lock === undefined || foreign,
    abandoned: owner !== undefined && !(await exists(owner.checkout)),
  };
}

export async function readOwner(slot: Slot): Promise<SlotOwner | undefined> {
  const text = await readIfPresent(ownerFile(slot));
  return text === undefined ? undefined : (JSON.parse(text) as SlotOwner);
}

function ownerFile(slot: Slot): string {
  return join(slot.directory, "owner.json");
}

function isSame(a: SlotOwner | undefined, b: SlotOwner): boolean {
  return a?.checkout === b.checkout && a.purpose === b.purpose;
}

function describe(owner: SlotOwner | undefined): string {
  return owner === undefined
    ? "something that is not recorded here (its bridge or its processes are there)"
    : `${owner.checkout} (${owner.purpose})`;
}
