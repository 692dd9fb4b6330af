import { join } from "node:path";
import { Report, canonicalJson, contractVersion } from "../../contract/index.ts";
import type { Actor, HistoryEntry, Manifest, Outcome, ReasonCode, Serving } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { replaceFile } from "../files.ts";
import { reportFile } from "../release/seal.ts";
import { serving } from "../state/current.ts";
import type { Current } from "../state/current.ts";
import { appendHistory } from "../state/history.ts";
import type { Course } from "./attempt.ts";

/** How an attempt ended, in the words of the contract. */
export interface Conclusion {
  readonly outcome: Outcome;
  readonly code: ReasonCode;
  readonly what: string;
  readonly serving: Serving | null;
}

export interface Concluded {
  readonly request: "rollout" | "rollback";
  readonly manifest: Manifest;
  readonly releaseId: string;
  readonly reason: string | null;
  readonly actor: Actor;
  readonly course: Course;
  readonly number: number;
  /** `undefined` where it was refused before there was one. */
  readonly release: string | undefined;
  readonly before: Current | undefined;
}

/** Logs of containers are in it. */
const mode = 0o600;

/**
 * Writes down how it ended: the full report under its number and in the release's directory, one line of history for everybody. Returns the
 * number.
 */
export async function writeReport(context: Context, concluded: Concluded, conclusion: Conclusion): Promise<number> {
  const { manifest, number, release } = concluded;
  const { instance, environment } = manifest;
  const text = `${canonicalJson(Report.parse(reportOf(context, concluded, conclusion)))}\n`;
  await replaceFile(join(context.paths.instance(instance), "reports", `${number}.json`), text, mode);
  if (release !== undefined) await replaceFile(join(context.paths.release(instance, release), reportFile), text, mode);
  await appendHistory(context.paths, instance, environment, historyEntry(context, concluded, conclusion));
  return number;
}

function reportOf(context: Context, concluded: Concluded, conclusion: Conclusion): Report {
  const { manifest, course, number, release, before } = concluded;
  const { outcome, code, what } = conclusion;
  return {
    contract: contractVersion,
    instance: manifest.instance,
    request: concluded.request,
    rollout: number,
    outcome,
    code,
    what,
    release: release ?? null,
    releaseId: concluded.releaseId,
    serving: conclusion.serving,
    before: before === undefined ? null : serving(before),
    startedAt: course.startedAt.toISOString(),
    finishedAt: context.clock.now().toISOString(),
    phases: course.phases,
    images: course.images,
    local: course.local,
    public: course.public,
    evidence: course.evidence,
    warnings: course.warnings,
    actor: concluded.actor,
    provenance: manifest.provenance,
    reason: concluded.reason,
  };
}

function historyEntry(context: Context, concluded: Concluded, { outcome, code, what }: Conclusion): HistoryEntry {
  const { request, manifest, releaseId, reason, actor, number, release } = concluded;
  return {
    time: context.clock.now().toISOString(),
    rollout: number,
    action: request,
    release: release ?? null,
    releaseId,
    version: manifest.provenance.version,
    outcome,
    code,
    note: reason === null ? what : `${what}; reason: ${reason}`,
    actor,
    // Of an earlier release that is put back, it would name who wanted it then.
    ...(request === "rollout" && { requestedBy: manifest.provenance.requestedBy }),
  };
}
