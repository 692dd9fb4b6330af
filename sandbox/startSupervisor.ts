import { spawn } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { removeBridge } from "./bridge.ts";
import { ask, NotRunning } from "./control.ts";
import { killControlGroup } from "./controlGroup.ts";
import { slotLock } from "./guard.ts";
import { readIfPresent } from "./shared/files.ts";
import { takeLock } from "./shared/lock.ts";
import { stateDirectory } from "./shared/paths.ts";
import { step } from "./shared/step.ts";
import type { Slot } from "./slot.ts";

/** Starts the slot's supervisor unless it runs, and returns when it takes requests. Two callers at once start one. */
export async function startSupervisor(slot: Slot): Promise<void> {
  if (await supervisorRuns(slot)) return;
  const lock = await takeLock(join(stateDirectory, "locks", `slot-${slot.number}-start`));
  try {
    if (await supervisorRuns(slot)) return;
    await step(`supervisor of slot ${slot.number}`, () => launch(slot));
  } finally {
    await lock?.release();
  }
}

/** Whether a supervisor answers on the slot's socket. */
export async function supervisorRuns(slot: Slot): Promise<boolean> {
  try {
    await ask(slot, { verb: "status" });
    return true;
  } catch (error) {
    if (error instanceof NotRunning) return false;
    throw error;
  }
}

/** Waits until an ended supervisor's guard has cleaned up: it holds the lock until then. */
export async function untilReleased(slot: Slot): Promise<void> {
  await (await takeLock(slotLock(slot)))?.release();
}

/** Removes what a supervisor leaves whose guard was killed too. Waits for a guard at work; the slot must not be up. */
export async function sweepSlot(slot: Slot): Promise<void> {
  const lock = await takeLock(slotLock(slot));
  try {
    await killControlGroup(slot.controlGroup);
    await removeBridge(slot);
  } finally {
    await lock?.release();
  }
}

async function launch(slot: Slot): Promise<void> {
  await mkdir(slot.logs, { recursive: true });
  const logFile = join(slot.logs, "supervisor.log");
  const log = await open(logFile, "w");
  try {
    const environment = { ...process.env };
    // Meant for programs that use the sandbox: a resolver for its names, its CA.
    delete environment["NODE_OPTIONS"];
    delete environment["NODE_EXTRA_CA_CERTS"];
    const child = spawn(
      "unshare",
      ["--mount", "--propagation", "slave", "--", process.execPath, join(import.meta.dirname, "supervisor.ts"), String(slot.number)],
      { detached: true, cwd: "/", env: environment, stdio: ["ignore", log.fd, log.fd, "pipe"] },
    );
    const exited = new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(String(code ?? signal)));
    });
    const ready = child.stdio[3];
    if (ready === null || ready === undefined || !("once" in ready)) throw new Error("unreachable: file descriptor 3 is a pipe");
    const listening = new Promise<true>((resolve) => ready.once("data", () => resolve(true)));
    const first = await Promise.race([listening, exited]);
    if (first !== true)
      throw new Error(`supervisor of slot ${slot.number}: ended with ${first}; ${logFile} says:\n${(await readIfPresent(logFile)) ?? ""}`);
    child.unref();
  } finally {
    await log.close();
  }
}
