import type { ReasonCode } from "../../contract/index.ts";
import type { Container } from "../docker/containers.ts";

/** What a look at a container means for a rollout. `undefined` from a judge: nothing can be said yet, look again after the next event. */
export interface Trouble {
  readonly code: ReasonCode;
  readonly what: string;
}

export type Judgement = { readonly kind: "good"; readonly container: Container } | ({ readonly kind: "bad" } & Trouble);

export type Judge = (container: Container | undefined) => Judgement | undefined;

/** A container that was started must become healthy. Its end is seen at once, not at the timeout. */
export const judgeHealth: Judge = (container) => {
  if (container === undefined) return bad("container_exited", "was removed while it was starting");
  if (ended(container)) return bad("container_exited", exitWords(container));
  if (container.health === "unhealthy") return bad("container_unhealthy", `its health check failed${lastHealth(container)}`);
  if (container.running && (container.health === null || container.health === "healthy")) return { kind: "good", container };
  return undefined;
};

/** A job must run to its end and succeed. */
export const judgeJob: Judge = (container) => {
  if (container === undefined) return bad("job_failed", "was removed while it ran");
  if (!ended(container)) return undefined;
  return container.exitCode === 0 && container.error === "" ? { kind: "good", container } : bad("job_failed", exitWords(container));
};

/**
 * A container that serves must go on as it is; any fault within the watch is the release's. Until the switch Docker does not restart it, so each
 * restart came after that, also one while the public name was still being asked. Never good: time decides that.
 */
export const judgeSteady: Judge = (container) => {
  if (container === undefined) return bad("settle_failed", "was removed");
  if (ended(container)) return bad("settle_failed", exitWords(container));
  if (container.restarts > 0) return bad("settle_failed", "died, and Docker started it again");
  if (container.health === "unhealthy") return bad("settle_failed", `its health check failed${lastHealth(container)}`);
  return undefined;
};

function bad(code: ReasonCode, what: string): Judgement {
  return { kind: "bad", code, what };
}

function ended(container: Container): boolean {
  return container.status === "exited" || container.status === "dead" || container.status === "removing";
}

function exitWords(container: Container): string {
  if (container.error !== "") return container.error;
  if (container.outOfMemory) return `was killed for want of memory (exit code ${container.exitCode})`;
  return `exited with code ${container.exitCode}`;
}

function lastHealth(container: Container): string {
  const last = container.healthLog.at(-1);
  return last === undefined ? "" : `: ${last}`;
}
