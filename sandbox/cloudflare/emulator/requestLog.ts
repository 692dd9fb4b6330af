import { openJsonLog } from "../../shared/jsonLog.ts";

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
  close(): void;
}

/**
 * Opens `<directory>/<service>.jsonl` for appending. The APIs write their line before the answer leaves: whoever saw an answer finds its
 * line, so a test may count lines without waiting.
 */
export function openRequestLog(directory: string, service: string): RequestLog {
  const log = openJsonLog(directory, service);
  let open = true;
  return {
    request(entry) {
      // The end of a request may come after that of the service.
      if (open) log.write(entry);
      if (entry.refused !== undefined) {
        process.stderr.write(`sandbox: the ${service} emulator refused ${entry.method} ${entry.path}: ${entry.refused}\n`);
      }
    },
    close() {
      if (open) log.close();
      open = false;
    },
  };
}

/** Methods that read. Everything else counts as a write unless the service knows better (a login, a token check). */
export function isReadMethod(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}
