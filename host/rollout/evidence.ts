import type { Evidence } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import type { Container } from "../docker/containers.ts";
import { label } from "../release/composeFile.ts";
import type { Attempt } from "./attempt.ts";
import { inspect } from "./colour.ts";
import type { Mask } from "./mask.ts";

const logLines = 50;
const shownLines = 12;

/**
 * What the new release's containers said and did, taken before anything is removed. It goes into the report whole, and of those that are
 * in trouble the last lines go to the caller: in CI there may be nobody who can look at the host.
 */
export async function gatherEvidence({ context, course, members, mask }: Attempt): Promise<void> {
  const looked = (await inspect(context, members)).filter(({ container }) => container.status !== "created");
  const found = await Promise.all(looked.map(({ container }) => evidenceOf(context, container, mask)));
  course.evidence.push(...found);
  for (const [index, { container }] of looked.entries()) {
    const evidence = found[index];
    if (evidence !== undefined && inTrouble(container)) showEvidence(context, evidence);
  }
}

/** What one container said and did, secrets masked. */
export async function evidenceOf({ docker }: Pick<Context, "docker">, container: Container, mask: Mask): Promise<Evidence> {
  const log = await docker.logTail(container.id, logLines);
  return {
    service: container.labels[label.service] ?? container.name,
    container: container.name,
    exitCode: container.running ? null : container.exitCode,
    outOfMemory: container.outOfMemory,
    health: container.healthLog.map(mask),
    // Joined for the mask: a value with line breaks stands on several lines.
    log: mask(log.join("\n")).split("\n"),
  };
}

function inTrouble(container: Container): boolean {
  if (container.running) return container.health === "unhealthy" || container.health === "starting";
  return container.exitCode !== 0;
}

/** Its end, for whoever watches. */
export function showEvidence({ progress }: Pick<Context, "progress">, { container, exitCode, health, log }: Evidence): void {
  progress.warn(`${container}: ${exitCode === null ? "running" : `exit code ${exitCode}`}; last lines:`);
  for (const line of log.slice(-shownLines)) progress.note(`| ${line}`);
  const last = health.at(-1);
  if (last !== undefined) progress.note(`last health check: ${last}`);
}
