import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { machineControlGroups } from "./controlGroup.ts";
import type { Slot } from "./slot.ts";

/** How long a start waits for the clean-up after an earlier supervisor, which takes well under a second. */
const lockWaitSeconds = 20;
const lockIsHeld = 40;

/**
 * Outlives the supervisor by a moment. The kernel closes the pipe to it when the supervisor ends, however it ends; it then kills what the
 * supervisor had started (killing a server's systemd-nspawn alone would leave the server running), takes the bridge away, and only then
 * gives the slot's lock back: who holds the lock finds a clean slot.
 *
 * Shell, because it must be small (one waits per slot) and must not depend on anything that the supervisor's death takes along.
 */
const script = `
exec 9>"$lock"
flock -w ${lockWaitSeconds} 9 || exit ${lockIsHeld}
echo held
exec >/dev/null
while read -r _; do :; done
if [ -d "$unified/$group" ]; then
  echo 1 > "$unified/$group/cgroup.kill"
  tries=0
  while grep -q 'populated 1' "$unified/$group/cgroup.events" && [ $tries -lt 400 ]; do tries=$((tries + 1)); sleep 0.02; done
fi
ip link delete dev "$bridge" 2>/dev/null
for root in "$unified" "$named"; do
  if [ -n "$root" ] && [ -d "$root/$group" ]; then find "$root/$group" -depth -type d -exec rmdir {} +; fi
done
`;

export interface Guard {
  /** Resolves when the guard is gone: somebody killed it, and the slot is no longer ours. */
  readonly ended: Promise<void>;
}

/**
 * The lock that the holder of a slot has. One place for the whole machine, wherever the state folder is: bridges, addresses and control
 * groups of a slot exist once, too.
 */
export function slotLock(slot: Slot): string {
  return join("/run/lock/terrace-sandbox", `slot-${slot.number}`);
}

/**
 * Takes the slot's lock and starts its guard, in one process. Must be called by the supervisor itself: the pipe between them links their
 * lives. Gives `undefined` when a living supervisor holds the slot.
 */
export async function guardSlot(slot: Slot): Promise<Guard | undefined> {
  const { unified, named } = await machineControlGroups();
  await mkdir(dirname(slotLock(slot)), { recursive: true });
  // A session of its own: a signal to the supervisor's process group (Ctrl-C, a closed terminal) must not reach it.
  const child = spawn("sh", ["-c", script], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      lock: slotLock(slot),
      unified,
      named: named ?? "",
      group: slot.controlGroup,
      bridge: slot.bridge,
    },
    cwd: "/",
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const held = new Promise<"held">((resolve) => child.stdout.once("data", () => resolve("held")));
  const first = await Promise.race([held, ended]);
  if (first === lockIsHeld) return undefined;
  if (first !== "held") throw new Error(`slot ${slot.number}: its guard ended with ${first} before it held ${slotLock(slot)}`);
  return { ended: ended.then(() => undefined) };
}
