import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What one request left behind. Never a body, a query string or a header: those can carry secrets. */
export interface RequestEntry {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Whether the request asked for a change of what the service keeps. */
  readonly write: boolean;
  /** Why the emulator would not answer; also printed on stderr. */
  readonly refused?: string;
  readonly [detail: string]: string | number | boolean | undefined;
}

export interface RequestLog {
  request(entry: RequestEntry): void;
  /** Something that is not a request: a switch thrown, a fault of our own. */
  event(name: string, detail?: Readonly<Record<string, unknown>>): void;
  close(): void;
}

/**
 * Opens `<directory>/<service>.jsonl` for appending.
 *
 * Lines are written synchronously. The APIs write theirs before the answer leaves: whoever saw an answer finds its line, so a test may
 * count lines without waiting. A line costs about ten microseconds.
 */
export function openRequestLog(directory: string, service: string): RequestLog {
  mkdirSync(directory, { recursive: true });
  const file = openSync(join(directory, `${service}.jsonl`), "a", 0o640);
  let open = true;
  const append = (line: Readonly<Record<string, unknown>>): void => {
    if (open) writeSync(file, `${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`);
  };
  return {
    request(entry) {
      append(entry);
      if (entry.refused !== undefined) {
        process.stderr.write(`sandbox: the ${service} emulator refused ${entry.method} ${entry.path}: ${entry.refused}\n`);
      }
    },
    event(name, detail = {}) {
      append({ event: name, ...detail });
    },
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}

/** Methods that read. Everything else counts as a write unless the service knows better (a login, a token check). */
export function isReadMethod(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}
