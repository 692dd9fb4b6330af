import { join } from "node:path";
import { Failure } from "../ending.ts";
import { readIfPresent, replaceFile } from "../files.ts";
import type { HostPaths } from "../paths.ts";

/**
 * Number of the next attempt on an instance, beginning with 1. Order is by this number: clocks step, and modification times change when
 * somebody copies files. Call it under the instance's lease.
 */
export async function nextNumber(paths: HostPaths, instance: string): Promise<number> {
  const path = join(paths.instance(instance), "counter");
  const text = await readIfPresent(path);
  if (text !== undefined && !/^[1-9]\d{0,14}\n$/.test(text)) {
    throw new Failure("refused", "state_unreadable", `${path}: must hold one number, got ${JSON.stringify(text.slice(0, 40))}`);
  }
  const next = Number(text ?? "0") + 1;
  await replaceFile(path, `${next}\n`);
  return next;
}
