import { readlink } from "node:fs/promises";
import { canonicalJson } from "../../contract/index.ts";
import type { AppRole, Colour } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { removeFile, replaceLink } from "../files.ts";
import { replaceRoutes } from "../ingress/replaceRoutes.ts";
import { readCurrent, removeCurrent, writeCurrent } from "../state/current.ts";
import type { Journal } from "../state/journal.ts";
import { endAll, inspect, membersOf, removeColour, setPolicies, withRole } from "./colour.ts";
import { judgeHealth } from "./judge.ts";
import { keepSecretFilesOf } from "./secretFiles.ts";
import type { Watch } from "./watch.ts";

/** How long a container of the old release that had been stopped may take to be well again. */
const recoverySeconds = 120;

/**
 * Puts an instance back to what served before, from the journal and from what is really there, so that it works as well for an attempt
 * that failed just now as for one that a power cut ended. Each step changes only what is not as it was: of a release that failed before
 * the switch, the old web services and workers are looked at and left alone.
 *
 * The public comes first: file, then link, then workers and singletons, and the new colour last. Throws when it cannot be done. The journal
 * is the caller's to remove, once the report is written: until then the next request on the instance does all of this again.
 */
export async function takeBack(journal: Journal, watch: Watch, context: Context): Promise<void> {
  await restoreOld(journal, ["web"], watch, context);
  // The very bytes that were there before.
  await replaceRoutes(journal.instance, journal.routerFile ?? undefined, context);
  await restoreLink(journal, context);
  await restoreRecord(journal, context);
  await endNewBackground(journal, context);
  await restoreOld(journal, ["worker", "singleton"], watch, context);
  await removeColour(context, journal.instance, journal.colour);
  await keepSecretFilesOf(journal.before?.release ?? null, journal.instance, context);
}

/**
 * The other way, for a rollback that was interrupted when its target served already: that one is never itself taken back, for it would give
 * the public what somebody had just taken from it. Afterwards the target runs whole, and nothing of the old release works in the background.
 */
export async function goForward(journal: Journal, watch: Watch, context: Context): Promise<void> {
  const { instance, before, colour, release } = journal;
  await replaceLink(context.paths.stackLink(instance), context.paths.release(instance, release));
  await ensureRunning(instance, colour, ["web"], watch, context);
  if (before !== null) await endAll(context, withRole(await membersOf(context, instance, before.colour), "worker", "singleton"));
  await ensureRunning(instance, colour, ["worker", "singleton"], watch, context);
}

async function restoreOld({ instance, before }: Journal, roles: readonly AppRole[], watch: Watch, context: Context): Promise<void> {
  if (before !== null) await ensureRunning(instance, before.colour, roles, watch, context);
}

/** Starts what does not run of a colour, waits until it is well, and sees that it comes back after a power cut. */
async function ensureRunning(instance: string, colour: Colour, roles: readonly AppRole[], watch: Watch, context: Context): Promise<void> {
  const looked = await inspect(context, withRole(await membersOf(context, instance, colour), ...roles));
  const stopped = looked.filter(({ container }) => !container.running).map(({ member }) => member);
  for (const { id, name } of stopped) {
    context.progress.note(`starting ${name} again`);
    await context.docker.start(id);
  }
  const unguarded = looked.filter(({ container }) => container.restartPolicy !== "unless-stopped").map(({ member }) => member);
  await setPolicies(context, unguarded, "unless-stopped");
  await Promise.all(
    stopped.map(async ({ id, name }) => {
      const judgement = await watch.until(id, judgeHealth, recoverySeconds * 1000);
      if (judgement === "timeout") throw new Error(`${name}: was not well ${recoverySeconds} s after it was started again`);
      if (judgement.kind === "good") return;
      // Without what the check printed: the secrets that the old release has are not known here, so nothing could hide them.
      throw new Error(`${name}: ${judgement.code === "container_unhealthy" ? "its health check failed" : judgement.what}`);
    }),
  );
}

async function restoreLink({ instance, before }: Journal, { paths }: Context): Promise<void> {
  const link = paths.stackLink(instance);
  if (before === null) return removeFile(link);
  const target = paths.release(instance, before.release);
  if ((await readlink(link).catch(() => undefined)) !== target) await replaceLink(link, target);
}

/** `record` may have ended halfway. What is as it was is not written anew: on a full disk nothing could be taken back. */
async function restoreRecord({ instance, before }: Journal, { paths }: Context): Promise<void> {
  if (before === null) return removeCurrent(paths, instance);
  const seen = await readCurrent(paths, instance).catch(() => undefined);
  if (seen === undefined || canonicalJson(seen) !== canonicalJson(before)) await writeCurrent(paths, before);
}

/** Before any old singleton starts again, every new one has ended: never two at once, on the way back neither. */
async function endNewBackground({ instance, colour }: Journal, context: Context): Promise<void> {
  const begun = await inspect(context, withRole(await membersOf(context, instance, colour), "worker", "singleton"));
  await endAll(
    context,
    begun.filter(({ container }) => container.status !== "created").map(({ member }) => member),
  );
}
