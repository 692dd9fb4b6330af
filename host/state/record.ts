import type { z } from "zod";
import { canonicalJson } from "../../contract/index.ts";
import { Failure } from "../ending.ts";
import { readIfPresent, replaceFile } from "../files.ts";

/**
 * A small JSON file that the program keeps. A record that cannot be read is never taken for an absent one: absence means "first time",
 * and that would hand an instance to whoever asks next.
 */
export interface RecordFile<Value> {
  /** `undefined` when there is none. Throws `Failure (state_unreadable)` when it is there and is not what it should be. */
  read(path: string): Promise<Value | undefined>;
  write(path: string, value: Value): Promise<void>;
}

export function recordFile<Schema extends z.ZodType>(schema: Schema, mode = 0o644): RecordFile<z.output<Schema>> {
  return {
    read: async (path) => {
      const text = await readIfPresent(path);
      return text === undefined ? undefined : parseRecord(schema, path, text);
    },
    write: async (path, value) => {
      await replaceFile(path, `${canonicalJson(schema.parse(value))}\n`, mode);
    },
  };
}

export function parseRecord<Schema extends z.ZodType>(schema: Schema, path: string, text: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, `is not JSON (${text.length} characters)`, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(path, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is not what it should be"}`, parsed.error);
}

function unreadable(path: string, what: string, cause: unknown): Failure {
  return new Failure("refused", "state_unreadable", `${path}: ${what}`, { cause });
}
