import type { Evidence } from "../../contract/index.ts";
import type { Container } from "../docker/containers.ts";
import type { Attempt } from "./attempt.ts";
import { inspect } from "./colour.ts";
import type { Member } from "./colour.ts";

const logLines = 50;
const shownLines = 12;

/**
 * What the new release's containers said and did, taken before anything is removed. It goes into the report whole, and of those that are
 * in trouble the last lines go to the caller: in CI there may be nobody who can look at the host.
 */
export async function gatherEvidence(attempt: Attempt): Promise<void> {
  const looked = (await inspect(attempt.context, attempt.members)).filter(({ container }) => container.status !== "created");
  const found = await Promise.all(looked.map(({ member, container }) => evidenceOf(attempt, member, container)));
  attempt.course.evidence.push(...found);
  for (const [index, { container }] of looked.entries()) {
    const evidence = found[index];
    if (evidence !== undefined && inTrouble(container)) show(attempt, evidence);
  }
}

async function evidenceOf({ context, mask }: Attempt, member: Member, container: Container): Promise<Evidence> {
  const log = await context.docker.logTail(member.id, logLines);
  return {
    service: member.service,
    container: member.name,
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

function show({ context }: Attempt, { container, exitCode, health, log }: Evidence): void {
  context.progress.warn(`${container}: ${exitCode === null ? "running" : `exit code ${exitCode}`}; last lines:`);
  for (const line of log.slice(-shownLines)) context.progress.note(`| ${line}`);
  const last = health.at(-1);
  if (last !== undefined) context.progress.note(`last health check: ${last}`);
}
