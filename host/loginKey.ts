import { readFile } from "node:fs/promises";
import type { Execute } from "./command.ts";

/**
 * Fingerprint of the SSH key behind this call, from sshd's own journal line; `null` where there is none, as at the console. The
 * environment could say anything; the line "Accepted publickey for … SHA256:…" was written by the ancestor process that checked the key.
 */
export async function loginKey(execute: Execute, processId: number): Promise<string | null> {
  const daemons: number[] = [];
  for (let id = processId; id > 1;) {
    const ancestor = await readProcess(id);
    if (ancestor === undefined) break;
    if (ancestor.command.startsWith("sshd")) daemons.push(id);
    id = ancestor.parent;
  }
  if (daemons.length === 0) return null;
  const fields = daemons.map((id) => `_PID=${id}`);
  const journal = await execute({ argv: ["/usr/bin/journalctl", "--boot", "--quiet", "--output=cat", ...fields], timeoutSeconds: 10 });
  return journal.exitCode === 0 ? acceptedKey(journal.stdout) : null;
}

/** The key of the last "Accepted publickey" line: a process id may have served an earlier session. */
export function acceptedKey(journal: string): string | null {
  const keys = [...journal.matchAll(/^Accepted publickey for \S+ from \S+ port \d+ ssh2: \S+ (SHA256:[A-Za-z0-9+/]{43})/gm)];
  return keys.at(-1)?.[1] ?? null;
}

async function readProcess(id: number): Promise<{ command: string; parent: number } | undefined> {
  const stat = await readFile(`/proc/${id}/stat`, "utf8").catch(() => undefined);
  return stat === undefined ? undefined : parseStat(stat);
}

/** The command stands in parentheses and may itself contain any character, hence the last closing one (proc(5)). */
export function parseStat(stat: string): { command: string; parent: number } | undefined {
  const fields = /^\d+ \((?<command>.*)\) \S (?<parent>\d+) /s.exec(stat)?.groups;
  return fields === undefined ? undefined : { command: fields["command"] ?? "", parent: Number(fields["parent"]) };
}
