import { join } from "node:path";
import { Report, canonicalJson, contractVersion } from "../../contract/index.ts";
import type { Evidence, Outcome, Phase, ReasonCode } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { replaceFile } from "../files.ts";
import { nextNumber } from "../state/counter.ts";
import { readCurrent, serving } from "../state/current.ts";
import { appendHistory } from "../state/history.ts";

/** What happened so far; grows while the request is carried out. */
export interface DataCourse {
  readonly startedAt: Date;
  readonly phases: { phase: Phase; seconds: number; note: string | null }[];
  readonly evidence: Evidence[];
  images: Report["images"];
}

export interface DataConclusion {
  readonly instance: string;
  readonly environment: string;
  readonly outcome: Outcome;
  readonly code: ReasonCode;
  readonly what: string;
}

/** Writes a report and a line of history. Returns the attempt's number: data and releases of an instance are counted together. */
export async function writeDataReport(context: Context, course: DataCourse, conclusion: DataConclusion): Promise<number> {
  const { instance, environment, outcome, code, what } = conclusion;
  const current = await readCurrent(context.paths, instance).catch(() => undefined);
  const now = current === undefined ? null : serving(current);
  const skipped = { result: "skipped" as const, note: "stateful services have no routes" };
  const number = await nextNumber(context.paths, instance);
  const report: Report = {
    contract: contractVersion,
    instance,
    request: "data",
    rollout: number,
    outcome,
    code,
    what,
    release: null,
    releaseId: null,
    serving: now,
    before: now,
    startedAt: course.startedAt.toISOString(),
    finishedAt: context.clock.now().toISOString(),
    phases: course.phases,
    images: course.images,
    local: skipped,
    public: skipped,
    evidence: course.evidence,
    warnings: [],
    actor: context.actor,
    provenance: null,
    reason: null,
  };
  await replaceFile(join(context.paths.instance(instance), "reports", `${number}.json`), `${canonicalJson(Report.parse(report))}\n`, 0o600);
  await appendHistory(context.paths, instance, environment, {
    time: report.finishedAt,
    rollout: number,
    action: "data",
    release: null,
    releaseId: null,
    version: null,
    outcome,
    code,
    note: what,
    actor: context.actor,
  });
  return number;
}
