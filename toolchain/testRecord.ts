import { readFileSync, writeFileSync } from "node:fs";

const variable = "TERRACE_TEST_RECORD";

/** What one kind of test tells `npm test`, which adds the kinds up and repeats the failures at its end: a gate's log is read from there. */
export interface TestRecord {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly { readonly title: string; readonly message: string }[];
}

/** The environment of a process that is to leave its record in `file`. */
export function recordingTo(file: string): NodeJS.ProcessEnv {
  return { ...process.env, [variable]: file };
}

/** Leaves the record where the caller asked for it; without a caller, nowhere. */
export function writeTestRecord(record: TestRecord): void {
  const file = process.env[variable];
  if (file !== undefined) writeFileSync(file, JSON.stringify(record));
}

/** An empty one where the process left none: it died before its end. */
export function readTestRecord(file: string): TestRecord {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as TestRecord;
  } catch {
    return { passed: 0, failed: 0, failures: [] };
  }
}
