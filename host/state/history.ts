import { join } from "node:path";
import { HistoryEntry, canonicalJson, oneLine } from "../../contract/index.ts";
import { appendLine, readIfPresent } from "../files.ts";
import type { HostPaths } from "../paths.ts";
import { parseRecord } from "./record.ts";

const path = (paths: HostPaths, instance: string): string => join(paths.instance(instance), "history.jsonl");

/** Records an action twice: for machines in the instance's own file, for people in the one file of the host. */
export async function appendHistory(paths: HostPaths, instance: string, environment: string, entry: HistoryEntry): Promise<void> {
  await appendLine(path(paths, instance), canonicalJson(HistoryEntry.parse(entry)));
  await appendLine(paths.deployHistory, historyLine(instance, environment, entry));
}

/** Oldest first. A torn last line, as a power cut leaves it, is left out; damage anywhere else is `state_unreadable`. */
export async function readHistory(paths: HostPaths, instance: string): Promise<HistoryEntry[]> {
  const text = await readIfPresent(path(paths, instance));
  return text === undefined ? [] : parseHistory(path(paths, instance), text);
}

export function parseHistory(from: string, text: string): HistoryEntry[] {
  const lines = text.split("\n");
  // What follows the last line break is empty in a whole file, and the torn line in another one.
  return lines.slice(0, -1).map((line, index) => parseRecord(HistoryEntry, `${from}, line ${index + 1}`, line));
}

/** `time | stack | environment | action | version | result | note` (requirement D4). */
export function historyLine(instance: string, environment: string, entry: HistoryEntry): string {
  const result = entry.code === "ok" ? entry.outcome : `${entry.outcome} (${entry.code})`;
  const fields = [entry.time, instance, environment, entry.action, entry.version ?? "-", result, entry.note];
  return fields.map((field) => oneLine(field.replaceAll("|", "/"))).join(" | ");
}
