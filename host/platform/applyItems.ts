import { canonicalJson } from "../../contract/index.ts";
import type { Json } from "../../contract/index.ts";
import { Failure } from "../ending.ts";
import type { Progress } from "../progress.ts";
import type { Finding, Item } from "./item.ts";

export interface AppliedItem {
  readonly item: string;
  /** `repaired`: it was exactly so before, by us, and something else had changed it. */
  readonly result: "unchanged" | "changed" | "repaired";
  /** What was wrong; empty when nothing was. */
  readonly note: string;
}

export interface ApplyOptions {
  /** Restarts are allowed although instances run. */
  readonly maintenance: boolean;
  /** Instances with a running container, by name. Asked only when a restart is due. */
  readonly runningInstances: () => Promise<readonly string[]>;
  /** What each item was made from when it was last right. */
  readonly recorded: Readonly<Record<string, Json>>;
  /** Called after each item that is right, so that what an interrupted run did is known to the next. */
  readonly record: (item: string, wanted: Json) => Promise<void>;
  readonly progress: Progress;
}

/**
 * Check, change, verify. Everything is looked at before anything is touched, so that a run that needs permission for a restart and does
 * not have it changes nothing at all: `Failure (restart_needs_maintenance)`. An item that is still wrong after its change ends the run with
 * the item's own code; those before it stay done.
 */
export async function applyItems(items: readonly Item[], options: ApplyOptions): Promise<AppliedItem[]> {
  const first = await Promise.all(items.map(async (item) => ({ item, finding: await item.check() })));
  await refuseRestarts(first, options, "nothing was changed");

  const applied: AppliedItem[] = [];
  for (const { item, finding } of first) {
    const touched = applied.some(({ result }) => result !== "unchanged");
    // What an earlier change may have broken or mended is looked at again; what was found wrong stays due, since a change made in the
    // meantime can hide the trace by which it was found.
    const now = finding.kind === "wrong" || !touched ? finding : await item.check();
    if (now !== finding) await refuseRestarts([{ item, finding: now }], options, doneSoFar(applied));
    applied.push(await applyItem(item, now, options));
    await options.record(item.name, item.wanted);
  }
  return applied;
}

async function applyItem(item: Item, finding: Finding, { recorded, progress }: ApplyOptions): Promise<AppliedItem> {
  if (finding.kind === "ok") return { item: item.name, result: "unchanged", note: "" };
  if (finding.kind === "unknown") throw new Failure("aborted", item.code, `${item.name}: ${finding.what}`);
  progress.step(`${item.name}: ${finding.what}`);
  await item.change();
  const after = await item.check();
  if (after.kind !== "ok") throw new Failure("aborted", item.code, `${item.name}: was changed and is still wrong: ${after.what}`);
  const before = recorded[item.name];
  const ours = before !== undefined && canonicalJson(before) === canonicalJson(item.wanted);
  return { item: item.name, result: ours ? "repaired" : "changed", note: finding.what };
}

interface Found {
  readonly item: Item;
  readonly finding: Finding;
}

async function refuseRestarts(found: readonly Found[], options: ApplyOptions, done: string): Promise<void> {
  if (options.maintenance) return;
  const restarts = found.flatMap(({ item, finding }) =>
    finding.kind === "wrong" && finding.effect === "restart" ? [`${item.name} (${finding.what})`] : [],
  );
  if (restarts.length === 0) return;
  const running = await options.runningInstances();
  if (running.length === 0) return;
  throw new Failure(
    "refused",
    "restart_needs_maintenance",
    `${restarts.join(" and ")} would restart what ${running.join(", ")} ${running.length === 1 ? "stands" : "stand"} on; ${done}`,
  );
}

function doneSoFar(applied: readonly AppliedItem[]): string {
  const done = applied.filter(({ result }) => result !== "unchanged").map(({ item }) => item);
  return done.length === 0 ? "nothing was changed" : `done before it: ${done.join(", ")}`;
}
