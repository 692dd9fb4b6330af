import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A service's log: one JSON object per line, each with its time. */
export interface JsonLog {
  write(entry: Readonly<Record<string, unknown>>): void;
  close(): void;
}

/**
 * Opens `<directory>/<service>.jsonl` for appending. Lines are written at once: whoever has an answer finds its line, and a killed
 * process has lost none.
 */
export function openJsonLog(directory: string, service: string): JsonLog {
  mkdirSync(directory, { recursive: true });
  const file = openSync(join(directory, `${service}.jsonl`), "a");
  return {
    write: (entry) => void writeSync(file, `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`),
    close: () => closeSync(file),
  };
}
