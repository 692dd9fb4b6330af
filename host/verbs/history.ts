import { contractVersion } from "../../contract/index.ts";
import type { HistoryEntry } from "../../contract/index.ts";
import { Failure } from "../ending.ts";
import { readHistory } from "../state/history.ts";
import { table } from "../table.ts";
import { verb } from "../verb.ts";

/** `terrace history`: what was done to an instance, newest first. */
export const historyVerb = verb({
  accepts: "history",
  run: async ({ instance, limit }, { paths }) => {
    const entries = await readHistory(paths, instance);
    if (entries.length === 0) throw new Failure("refused", "no_such_instance", `${instance} has no history on this host`);
    const newest = entries.slice(-limit).reverse();
    return { kind: "printed", json: { contract: contractVersion, instance, entries: newest }, table: historyTable(newest) };
  },
});

export function historyTable(entries: readonly HistoryEntry[]): string {
  const rows = entries.map((entry) => [
    String(entry.rollout),
    entry.time.replace(/\.\d+Z$/, "Z"),
    entry.action,
    entry.version ?? "-",
    entry.release ?? "-",
    entry.code === "ok" ? entry.outcome : `${entry.outcome} (${entry.code})`,
    entry.requestedBy === undefined ? entry.actor.user : `${entry.requestedBy} (${entry.actor.user})`,
    entry.note,
  ]);
  return table(["#", "time", "action", "version", "release", "result", "by", "note"], rows);
}
