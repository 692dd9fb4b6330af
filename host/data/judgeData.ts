import type { Container } from "../docker/containers.ts";
import type { Judgement } from "../rollout/judge.ts";

/** A service that waits for another may end and be restarted a few times until that one answers. More is a loop. */
const restartsAllowed = 3;

/**
 * What a look at a stateful service says. It has a restart policy, so an end is not yet a failure; and it may have lived for months, so
 * only restarts since `restartsBefore` count. `undefined`: look again after the next event.
 */
export function judgeData(container: Container | undefined, restartsBefore: number): Judgement | undefined {
  if (container === undefined) return bad("container_exited", "was removed while it was starting");
  const restarts = container.restarts - restartsBefore;
  if (restarts >= restartsAllowed) return bad("container_exited", `${endOf(container)} and was restarted ${restarts} times`);
  if (container.status === "exited" || container.status === "dead" || (container.status === "created" && container.error !== ""))
    return bad("container_exited", endOf(container));
  if (!container.running) return undefined;
  if (container.health === "unhealthy") return bad("container_unhealthy", `its health check failed${lastProbe(container)}`);
  return container.health === "healthy" || container.health === null ? { kind: "good", container } : undefined;
}

/** What was last seen of a service that never got healthy. */
export function stateWords(container: Container | undefined): string {
  if (container === undefined) return "is gone";
  return `is ${container.status}${container.health === null ? "" : `, ${container.health}`}${lastProbe(container)}`;
}

function bad(code: "container_exited" | "container_unhealthy", what: string): Judgement {
  return { kind: "bad", code, what };
}

function endOf(container: Container): string {
  if (container.error !== "") return container.error;
  return container.outOfMemory ? "was killed for want of memory" : `exited with code ${container.exitCode}`;
}

function lastProbe({ healthLog }: Container): string {
  const last = healthLog.at(-1);
  return last === undefined ? "" : ` (${last})`;
}
