import { Failure, causeOf } from "../ending.ts";
import type { Context } from "../context.ts";
import { readRouterFile } from "../ingress/routerFile.ts";
import { leadsTo, targetOf } from "../ingress/routing.ts";
import { readRelease } from "../release/releaseDirectory.ts";
import { serving } from "../state/current.ts";
import { readHistory } from "../state/history.ts";
import { readJournal, removeJournal } from "../state/journal.ts";
import type { Journal } from "../state/journal.ts";
import { readReleases } from "../state/releases.ts";
import { newCourse } from "./attempt.ts";
import { inspect, membersOf } from "./colour.ts";
import { hasServed } from "./ending.ts";
import { record } from "./record.ts";
import { writeReport } from "./report.ts";
import type { Conclusion } from "./report.ts";
import { retire } from "./retire.ts";
import { goForward, takeBack } from "./takeBack.ts";
import { watchInstance } from "./watch.ts";

/**
 * Puts right what an interrupted attempt left: the process was killed, or the power went. One that had survived settle and hand-over is
 * completed, and so is a rollback whose target serves; every other one is taken back. Called under the lease before anything else is done with the instance.
 */
export async function reconcile(instance: string, context: Context): Promise<void> {
  const journal = await readJournal(context.paths, instance);
  if (journal === undefined) return;
  context.progress.step(`reconcile: rollout ${journal.rollout} was interrupted in ${journal.phase}`);
  if (await isThrough(journal, context)) await complete(journal, context);
  else if (journal.request === "rollback" && (await targetServes(journal, context))) await goThrough(journal, context);
  else await undo(journal, context);
}

/**
 * Whether nothing is left but to end the old release. One that could not be recorded, as on a full disk, is being taken back although its
 * journal says `record`: then the old release is the one to keep, as soon as the public has it or the new one has begun to end.
 */
async function isThrough(journal: Journal, context: Context): Promise<boolean> {
  const { instance, phase, releaseId, colour } = journal;
  if (phase === "retire") return true;
  if (phase !== "record") return false;
  const manifest = await manifestOf(journal, context);
  if (manifest.release.routes.length > 0)
    return leadsTo(await readRouterFile(context.paths, instance), instance, targetOf(manifest, releaseId, colour));
  const looked = await inspect(context, await membersOf(context, instance, colour));
  // Whoever ends one takes its restart policy away first.
  const isGuarded = looked.every(({ member, container }) => member.role === "job" || container.restartPolicy === "unless-stopped");
  return looked.length > 0 && isGuarded;
}

async function targetServes(journal: Journal, context: Context): Promise<boolean> {
  const { instance, phase, releaseId, colour } = journal;
  if (!hasServed(phase)) return false;
  const manifest = await manifestOf(journal, context);
  return leadsTo(await readRouterFile(context.paths, instance), instance, targetOf(manifest, releaseId, colour));
}

async function goThrough(journal: Journal, context: Context): Promise<void> {
  const watch = await watchInstance(context, journal.instance);
  try {
    await goForward(journal, watch, context);
  } catch (error) {
    const what = `rollback ${journal.rollout} was interrupted in ${journal.phase} and could not be completed: ${causeOf(error).what}`;
    throw new Failure("rollback_failed", "rollback_incomplete", what, { cause: error });
  } finally {
    watch.close();
  }
  await complete(journal, context);
}

async function complete(journal: Journal, context: Context): Promise<void> {
  const manifest = await manifestOf(journal, context);
  await record(journal, manifest, context);
  await retire(journal, 0, context);
  const { release, releaseId, colour } = journal;
  await conclude(journal, context, {
    outcome: "deployed",
    code: journal.request === "rollback" ? "rolled_back_as_asked" : "ok",
    what: `${release} serves; completed after an interruption`,
    serving: { release, releaseId, colour },
  });
  await removeJournal(context.paths, journal.instance);
}

async function undo(journal: Journal, context: Context): Promise<void> {
  const watch = await watchInstance(context, journal.instance);
  try {
    await takeBack(journal, watch, context);
  } catch (error) {
    const what = `rollout ${journal.rollout} was interrupted in ${journal.phase} and could not be taken back: ${causeOf(error).what}`;
    throw new Failure("rollback_failed", "rollback_incomplete", what, { cause: error });
  } finally {
    watch.close();
  }
  await conclude(journal, context, {
    outcome: hasServed(journal.phase) ? "rolled_back" : "aborted",
    code: "interrupted",
    what: `interrupted in ${journal.phase}; put back to what served before`,
    serving: journal.before === null ? null : serving(journal.before),
  });
  await removeJournal(context.paths, journal.instance);
}

/** Once. Between the report and the end of the journal, too, a process may be killed; what it wrote knew more than is known here. */
async function conclude(journal: Journal, context: Context, conclusion: Conclusion): Promise<void> {
  const { request, reason, actor, release, releaseId, rollout, before } = journal;
  const written = (await readHistory(context.paths, journal.instance)).filter((entry) => entry.rollout === rollout);
  // One that could not be taken back is told again when it was.
  if (written.some(({ outcome }) => outcome !== "rollback_failed")) return;
  const concluded = {
    request,
    reason,
    actor,
    release,
    releaseId,
    number: rollout,
    manifest: await manifestOf(journal, context),
    before: before ?? undefined,
    course: { ...newCourse(context), startedAt: new Date(journal.startedAt) },
  };
  await writeReport(context, concluded, conclusion);
}

async function manifestOf({ instance, release }: Journal, { paths }: Context) {
  const record = (await readReleases(paths, instance)).find((known) => known.release === release);
  if (record === undefined)
    throw new Failure("refused", "state_unreadable", `${release} stands in the journal, but is not among the known releases`);
  return await readRelease(paths, instance, record);
}
