import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

export interface HeldLock {
  release(): Promise<void>;
  /** Resolves when the lock is no longer held: released, or its holding process was killed by somebody. */
  readonly lost: Promise<void>;
}

/**
 * Takes an advisory lock on `path`, waiting unless `wait` is false (then `undefined` when somebody holds it).
 *
 * Node cannot call flock(2), so a child `flock` holds it until its standard input closes: the kernel closes that pipe when this
 * process ends, however it ends, so the lock cannot go stale. The file is never unlinked (two holders could meet on two inodes).
 */
export async function takeLock(path: string, options: { readonly wait?: boolean } = {}): Promise<HeldLock | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const waitFlags = options.wait === false ? ["-n", "-E", "40"] : [];
  const holder = spawn("flock", [...waitFlags, "-x", path, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    holder.once("error", reject);
    holder.once("exit", resolve);
  });
  const held = new Promise<"held">((resolve) => holder.stdout.once("data", () => resolve("held")));
  const first = await Promise.race([held, ended]);
  if (first === 40) return undefined;
  if (first !== "held") throw new Error(`flock ${path}: exited with ${String(first)}`);
  holder.unref();
  return {
    lost: ended.then(() => undefined),
    release: async () => {
      holder.ref();
      holder.stdin.end();
      await ended;
    },
  };
}
