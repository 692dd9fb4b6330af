import type { Evidence } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import type { Container } from "../docker/containers.ts";
import { label } from "../release/composeFile.ts";
import type { Mask } from "../rollout/mask.ts";

const logLines = 50;
const shownLines = 12;

/** What a service in trouble said and did, secrets masked: whole for the report, its end for whoever watches. */
export async function dataEvidence({ docker, progress }: Context, container: Container, mask: Mask): Promise<Evidence> {
  const log = await docker.logTail(container.id, logLines);
  const evidence: Evidence = {
    service: container.labels[label.service] ?? container.name,
    container: container.name,
    exitCode: container.running ? null : container.exitCode,
    outOfMemory: container.outOfMemory,
    health: container.healthLog.map(mask),
    // Joined for the mask: a value with line breaks stands on several lines.
    log: mask(log.join("\n")).split("\n"),
  };
  progress.warn(`${container.name}: ${container.running ? "running" : `exit code ${container.exitCode}`}; last lines:`);
  for (const line of evidence.log.slice(-shownLines)) progress.note(`| ${line}`);
  return evidence;
}
