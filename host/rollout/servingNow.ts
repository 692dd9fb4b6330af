import type { Colour, InstanceStatus, Manifest } from "../../contract/index.ts";
import { readRouterFile } from "../ingress/routerFile.ts";
import { leadsTo, targetOf } from "../ingress/routing.ts";
import type { HostPaths } from "../paths.ts";
import { readRelease } from "../release/releaseDirectory.ts";
import { readCurrent, serving } from "../state/current.ts";
import { readJournal } from "../state/journal.ts";
import type { Journal } from "../state/journal.ts";
import { readReleases } from "../state/releases.ts";
import { hasServed } from "./ending.ts";

/** `unfinished`: an attempt is under way, or was interrupted. Then `serving` is `null` also where it cannot be told from here. */
export type ServingNow = Pick<InstanceStatus, "serving" | "since" | "version" | "unfinished">;

/**
 * What serves an instance. While an attempt is unfinished the record of what runs is not the judge, since it is written last: from the
 * switch on the public gets what Traefik's file leads to. Throws `Failure (state_unreadable)`.
 */
export async function servingNow(paths: HostPaths, instance: string): Promise<ServingNow> {
  const journal = await readJournal(paths, instance);
  if (journal === undefined) {
    const current = await readCurrent(paths, instance);
    if (current === undefined) return { serving: null, since: null, version: null, unfinished: null };
    return { serving: serving(current), since: current.since, version: current.version, unfinished: null };
  }
  const { before, request, rollout, phase, release, releaseId, colour } = journal;
  const unfinished = { request, rollout, phase, release };
  const old = before === null ? { serving: null, since: null } : { serving: serving(before), since: before.since };
  const oldAnswer = { ...old, version: before?.version ?? null, unfinished };
  if (!hasServed(phase)) return oldAnswer;

  const next = await manifestOf(paths, instance, release);
  const newAnswer = {
    serving: { release, releaseId, colour },
    since: null,
    version: next?.provenance.version ?? null,
    unfinished,
  };
  if (await isRouted(paths, journal, next, { releaseId, colour })) return newAnswer;
  const previous = before === null ? undefined : await manifestOf(paths, instance, before.release);
  if (before !== null && (await isRouted(paths, journal, previous, before))) return oldAnswer;
  // Nothing routes it, so only the phase can tell: what is recorded runs.
  if (next?.release.routes.length === 0 && (phase === "record" || phase === "retire")) return newAnswer;
  return { serving: null, since: null, version: null, unfinished };
}

/** The same for the last line of a failure: a release, or a word for people; `null` when nothing serves. */
export async function servingWord(paths: HostPaths, instance: string): Promise<string | null> {
  const { serving, unfinished } = await servingNow(paths, instance);
  if (serving !== null) return serving.release;
  return unfinished === null || !hasServed(unfinished.phase) ? null : `unknown (${unfinishedSentence(unfinished)})`;
}

export function unfinishedSentence({ request, rollout, phase, release }: NonNullable<ServingNow["unfinished"]>): string {
  return `${request} ${rollout} to ${release} is in ${phase}, under way or interrupted`;
}

async function isRouted(
  paths: HostPaths,
  { instance }: Journal,
  manifest: Manifest | undefined,
  at: { readonly releaseId: string; readonly colour: Colour },
): Promise<boolean> {
  // Every file leads to what has no routes.
  if (manifest === undefined || manifest.release.routes.length === 0) return false;
  return leadsTo(await readRouterFile(paths, instance), instance, targetOf(manifest, at.releaseId, at.colour));
}

/** `undefined` where it cannot be read: somebody asks what serves because something went wrong. */
export async function manifestOf(paths: HostPaths, instance: string, release: string): Promise<Manifest | undefined> {
  const record = (await readReleases(paths, instance)).find((known) => known.release === release);
  return record === undefined ? undefined : await readRelease(paths, instance, record).catch(() => undefined);
}
