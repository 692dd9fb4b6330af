import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { z } from "zod";

/** What Pulumi's file backend writes into a lock (pkg/backend/diy/lock.go); more fields may come. */
const Lock = z.looseObject({ pid: z.int(), timestamp: z.string() });

/**
 * What to say of locks on a stack in a file backend (`backend`: the folder of `file://…`), or `undefined` where there is none. Pulumi's own
 * message names a file and no way on.
 */
export async function lockWords(backend: string, stack: string): Promise<string | undefined> {
  const locks = join(backend, ".pulumi", "locks");
  if (!existsSync(locks)) return undefined;
  const files = (await readdir(locks, { recursive: true })).filter((file) => file.endsWith(".json") && file.split(sep).at(-2) === stack);
  for (const file of files) {
    const text = await readFile(join(locks, file), "utf8").catch(() => undefined);
    // It was given back just now.
    if (text === undefined) continue;
    const { pid, timestamp } = Lock.parse(JSON.parse(text));
    return runs(pid)
      ? `stack ${stack}: is locked by another run of Pulumi (process ${pid}, since ${timestamp}); wait for its end, then run this again`
      : `stack ${stack}: is still locked by a run of Pulumi that was broken off (process ${pid}, ${timestamp}); give the lock back with: source sandbox/env ${stack} && pulumi cancel --stack ${stack} --yes`;
  }
  return undefined;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
