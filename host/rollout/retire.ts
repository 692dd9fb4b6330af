import type { Context } from "../context.ts";
import { removeRelease } from "../release/releaseDirectory.ts";
import type { Journal } from "../state/journal.ts";
import { readReleases, retained, writeReleases } from "../state/releases.ts";
import { membersOf, removeColour, standDown, withRole } from "./colour.ts";
import { keepSecretFilesOf } from "./secretFiles.ts";

/**
 * Lets the old release finish its requests, then removes it, and forgets releases beyond those that are kept. `drainSeconds` is what is
 * left of the time that requests under way have: since Traefik showed the new release, none has gone to the old one.
 */
export async function retire(journal: Journal, drainSeconds: number, context: Context): Promise<string> {
  const { instance, before } = journal;
  const notes: string[] = [];
  if (before !== null) {
    if (drainSeconds > 0) await context.clock.pause(drainSeconds * 1000);
    await standDown(context, withRole(await membersOf(context, instance, before.colour), "web"));
    await removeColour(context, instance, before.colour);
    notes.push(`${before.release} ended`);
  }
  await keepSecretFilesOf(journal.release, instance, context);
  const forgotten = await forgetOld(journal, context);
  if (forgotten > 0) notes.push(`${forgotten} old releases removed`);
  return notes.join("; ");
}

async function forgetOld({ instance, release }: Journal, { paths }: Context): Promise<number> {
  const releases = await readReleases(paths, instance);
  const kept = retained(releases, new Set([release]));
  const gone = releases.filter((known) => !kept.includes(known));
  // The list first: a directory without a record is only garbage, a record without its directory a rollback that cannot work.
  await writeReleases(paths, instance, kept);
  for (const known of gone) await removeRelease(paths, instance, known.release);
  return gone.length;
}
