import type { Serving } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { Failure, causeOf, succeeded } from "../ending.ts";
import type { Ending } from "../ending.ts";
import { readRouterFile } from "../ingress/routerFile.ts";
import { leadsTo } from "../ingress/routing.ts";
import { reported } from "../reported.ts";
import { readCurrent, serving } from "../state/current.ts";
import type { Current } from "../state/current.ts";
import { removeJournal } from "../state/journal.ts";
import { newTarget, numberOf, phase, warn } from "./attempt.ts";
import type { Attempt, Course } from "./attempt.ts";
import { failedAttempt, failedRollback, failedTakeBack } from "./ending.ts";
import type { FailedAttempt } from "./ending.ts";
import { gatherEvidence } from "./evidence.ts";
import { handOver } from "./handover.ts";
import { reasonOf } from "./order.ts";
import type { Order } from "./order.ts";
import { record } from "./record.ts";
import { writeReport } from "./report.ts";
import type { Concluded, Conclusion } from "./report.ts";
import { retire } from "./retire.ts";
import { takeBack } from "./takeBack.ts";
import { untilDockerAnswers } from "./untilDockerAnswers.ts";
import { lacks } from "./wholeness.ts";
import { watchInstance } from "./watch.ts";

export function alreadyRuns(current: Current): Ending {
  const { instance, release, releaseId, rollout } = current;
  const what = `${instance} already runs ${release}`;
  return succeeded({ outcome: "unchanged", code: "already_running", what, instance, release, releaseId, rollout });
}

/** Refused, or failed before anything ran: nothing has to be put back. */
export async function refused(order: Order, course: Course, error: unknown, context: Context): Promise<Ending> {
  const { code, what } = causeOf(error);
  if (code === "bug") throw error;
  const outcome = error instanceof Failure ? error.outcome : "aborted";
  const readable = await readCurrent(context.paths, order.manifest.instance).then(
    (current) => ({ current }),
    () => undefined,
  );
  const before = readable?.current;
  const now = before === undefined ? null : serving(before);
  await reported(context, async () => {
    const number = await numberOf(course, order.manifest.instance, context);
    const concluded = { ...orderOf(order), actor: context.actor, course, number, release: undefined, before };
    return await writeReport(context, concluded, { outcome, code, what, serving: now });
  });
  // Of a record that cannot be read it is not known that nothing serves.
  return { kind: "failed", outcome, code, what, ...(readable === undefined ? {} : { serving: now?.release ?? null }) };
}

/** It serves, it is recorded; what is left is to end the old one. That it could not be cleaned up is a warning, not a failed rollout. */
export async function deployed(attempt: Attempt): Promise<Ending> {
  const { context, order, instance, release, releaseId, number } = attempt;
  await retireOld(attempt);
  const code = order.request === "rollback" ? "rolled_back_as_asked" : "ok";
  const what = servesSentence(attempt);
  const conclusion = { outcome: "deployed", code, what, serving: newServing(attempt) } as const;
  const report = await reported(context, () => writeReport(context, concludedOf(attempt), conclusion));
  // Without one it is told, and the journal ended, by the next request on the instance.
  if (report !== undefined) await removeJournal(context.paths, instance);
  return succeeded({ outcome: "deployed", code, what: `${what}${onwards(order)}`, instance, release, releaseId, rollout: number });
}

/** What serves, and where nobody could see it by the public name, that. */
export function servesSentence({
  instance,
  release,
  manifest,
  course,
}: Pick<Attempt, "instance" | "release" | "manifest" | "course">): string {
  const doubt = course.doubt === undefined ? "" : `, not confirmed through the public name (${course.doubt})`;
  return `${instance} serves ${release} (version ${manifest.provenance.version})${doubt}`;
}

/** After a rollback the next `pulumi up` changes nothing: its state still names the release that was taken back. */
export function onwards({ request, manifest }: Pick<Order, "request" | "manifest">): string {
  return request === "rollback"
    ? `; Pulumi does not know of it: to go forward promote another build, or raise apps.${manifest.app}.epoch for the same one`
    : "";
}

/** Takes a failed attempt back, or says why it stays: what serves in the end, and what happened, always reach the report. */
export async function undone(attempt: Attempt, error: unknown): Promise<Ending> {
  const { context, order, servedAt, journal } = attempt;
  // What still waits in the phase that failed must not start anything while it is being taken back.
  attempt.watch.close();
  const first = masked(attempt, failedAttempt(journal.phase, error));
  context.progress.warn(`${journal.phase} failed (${first.code}): ${first.what}`);
  if (first.code === "bug" && error instanceof Error) context.progress.note(error.stack ?? "");
  await gatherEvidence(attempt).catch((cause: unknown) => warn(attempt, `no evidence: ${causeOf(cause).what}`));

  const goesThrough = order.request === "rollback" && servedAt !== undefined;
  const { isComplete, ...conclusion } = goesThrough ? await goThrough(attempt, first) : await goBack(attempt, first);
  const report = await reported(context, () => writeReport(context, concludedOf(attempt), conclusion));
  // Last, so that whoever comes after a crash finds something to conclude; and not before a complete release serves.
  if (isComplete && report !== undefined) await removeJournal(context.paths, attempt.instance);
  return { kind: "failed", ...conclusion, serving: conclusion.serving?.release ?? null, told: true };
}

type FailedConclusion = FailedAttempt & Pick<Conclusion, "serving"> & { readonly isComplete: boolean };

async function goBack(attempt: Attempt, first: FailedAttempt): Promise<FailedConclusion> {
  const { context, instance, journal, before } = attempt;
  context.progress.step("take back");
  const oldServing = before === undefined ? null : serving(before.current);
  try {
    await untilDockerAnswers(context);
    const watch = await watchInstance(context, instance);
    await takeBack(journal, watch, context).finally(() => watch.close());
    // What was removed by hand cannot be started again: then "now serving" alone would be half the truth.
    const missing = before === undefined ? [] : await lacks(before.manifest, before.current.colour, false, context);
    for (const lack of missing) warn(attempt, `${before?.current.release ?? ""} is not whole: ${lack}`);
    return { ...first, serving: oldServing, isComplete: true };
  } catch (error) {
    // Traefik's file is what decides who serves; the journal stays for the next attempt to put this right.
    const routed = await readRouterFile(context.paths, instance).catch(() => undefined);
    const isNew = attempt.manifest.release.routes.length > 0 && leadsTo(routed, instance, newTarget(attempt));
    return { ...masked(attempt, failedTakeBack(first, error)), serving: isNew ? newServing(attempt) : oldServing, isComplete: false };
  }
}

/**
 * A rollback whose target serves goes on to the end, so that one complete release runs whatever it is worth. Where that cannot be done, the
 * journal stays and the next request on the instance does it.
 */
async function goThrough(attempt: Attempt, first: FailedAttempt): Promise<FailedConclusion> {
  const { context, manifest, release, journal } = attempt;
  const conclusion = { ...failedRollback(first, release), serving: newServing(attempt) };
  try {
    await untilDockerAnswers(context);
    if (journal.phase !== "handover" && journal.phase !== "record") await handOverYet(attempt);
    await record(journal, manifest, context);
  } catch (error) {
    warn(attempt, `it is not complete, the next request on ${attempt.instance} goes on: ${causeOf(error).what}`);
    return { ...conclusion, isComplete: false };
  }
  await retireOld(attempt);
  return { ...conclusion, isComplete: true };
}

async function handOverYet(attempt: Attempt): Promise<void> {
  const watch = await watchInstance(attempt.context, attempt.instance);
  try {
    await phase({ ...attempt, watch }, "handover", handOver);
  } catch (error) {
    warn(attempt, `the hand-over failed too: ${causeOf(error).what}`);
  } finally {
    watch.close();
  }
}

async function retireOld(attempt: Attempt): Promise<void> {
  const { context, manifest, servedAt } = attempt;
  const passed = servedAt === undefined ? 0 : (context.clock.elapsed() - servedAt) / 1000;
  const drain = manifest.release.strategy.drainSeconds - passed;
  await phase(attempt, "retire", ({ journal }) => retire(journal, drain, context)).catch((error: unknown) => {
    warn(attempt, `the old release was not cleaned up, the next rollout does it: ${causeOf(error).what}`);
  });
}

function newServing({ release, releaseId, colour }: Attempt): Serving {
  return { release, releaseId, colour };
}

function masked(attempt: Attempt, failure: FailedAttempt): FailedAttempt {
  return { ...failure, what: attempt.mask(failure.what) };
}

function orderOf(order: Order): Pick<Concluded, "request" | "manifest" | "releaseId" | "reason"> {
  return { request: order.request, manifest: order.manifest, releaseId: order.releaseId, reason: reasonOf(order) };
}

function concludedOf(attempt: Attempt): Concluded {
  const { context, order, course, number, release, before } = attempt;
  return { ...orderOf(order), actor: context.actor, course, number, release, before: before?.current };
}
