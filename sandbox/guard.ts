import { spawn } from "node:child_process";
import { join } from "node:path";
import { machineControlGroups } from "./controlGroup.ts";
import type { Slot } from "./slot.ts";

/**
 * Outlives the supervisor by a moment: the kernel closes the pipe to it when the supervisor ends, however it ends, and it then kills what
 * the supervisor had started and takes the bridge away. Killing a server's systemd-nspawn alone would leave the server running.
 *
 * Shell, because it must be small (one waits per slot) and must not depend on anything that the supervisor's death takes along.
 */
const script = `
echo $$ > "$unified/cgroup.procs"
if [ -n "$named" ]; then echo $$ > "$named/cgroup.procs"; fi
while read -r word; do
  if [ "$word" = stand-down ]; then exit 0; fi
done
echo 1 > "$unified/$group/cgroup.kill"
ip link delete dev "$bridge"
tries=0
while grep -q 'populated 1' "$unified/$group/cgroup.events" && [ $tries -lt 200 ]; do tries=$((tries + 1)); sleep 0.05; done
for root in "$unified" "$named"; do
  if [ -n "$root" ]; then find "$root/$group" -depth -type d -exec rmdir {} +; fi
done
`;

export interface Guard {
  /** Ends the guard without its doing anything; for a supervisor that has cleaned up itself. */
  standDown(): Promise<void>;
  /** Resolves when the guard is gone, for whatever reason. */
  readonly ended: Promise<void>;
}

/** Starts the guard of a slot. Must be called by the supervisor itself: the pipe is the link between their lives. */
export async function startGuard(slot: Slot): Promise<Guard> {
  const { unified, named } = await machineControlGroups();
  // A session of its own: a signal to the supervisor's process group (Ctrl-C, a closed terminal) must not reach it.
  const child = spawn("sh", ["-c", script], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", unified, named: named ?? "", group: slot.controlGroup, bridge: slot.bridge },
    cwd: "/",
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.stdin.on("error", () => undefined);
  return {
    ended,
    standDown: async () => {
      child.stdin.end("stand-down\n");
      await ended;
    },
  };
}

/** Puts the calling process, and thereby all it starts from now on, into the slot's control group. */
export function supervisorGroup(slot: Slot): string {
  return join(slot.controlGroup, "supervisor");
}
