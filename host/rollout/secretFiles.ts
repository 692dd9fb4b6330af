import type { Context } from "../context.ts";
import { withdrawSecretFiles } from "../secrets/secretFiles.ts";
import { readReleases } from "../state/releases.ts";

/** Takes the secret files of every release away but those of the one that stays, once nothing else mounts them; `null`: all. */
export async function keepSecretFilesOf(release: string | null, instance: string, context: Context): Promise<void> {
  const releases = await readReleases(context.paths, instance);
  const stays = releases.find((known) => known.release === release)?.secrets ?? null;
  const others = new Set(releases.flatMap(({ secrets }) => (secrets === null || secrets === stays ? [] : [secrets])));
  for (const fingerprint of others) await withdrawSecretFiles(context, instance, fingerprint);
}
