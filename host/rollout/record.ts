import type { Manifest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { writeCurrent } from "../state/current.ts";
import type { Journal } from "../state/journal.ts";
import { readReleases, withProven, writeReleases } from "../state/releases.ts";

/** From here on it is the release that runs, and one that a rollback may choose. Done again after an interruption, it changes nothing. */
export async function record(journal: Journal, manifest: Manifest, context: Pick<Context, "paths" | "clock">): Promise<string> {
  const { instance, release, releaseId, colour, rollout, epoch, actor } = journal;
  const releases = await readReleases(context.paths, instance);
  await writeReleases(context.paths, instance, withProven(releases, release, journal.before?.release ?? null));

  const { version, commit } = manifest.provenance;
  const images = Object.fromEntries(Object.entries(manifest.release.runtime.document.services).map(([name, { image }]) => [name, image]));
  const since = context.clock.now().toISOString();
  await writeCurrent(context.paths, { instance, release, releaseId, colour, rollout, epoch, version, commit, images, since, by: actor });
  return release;
}
