import { join } from "node:path";
import { z } from "zod";
import { Fingerprint, Sha256 } from "../../contract/index.ts";
import type { HostPaths } from "../paths.ts";
import { recordFile } from "./record.ts";

/** A release this host knows: its directory may only be trusted with the seal that stands here. */
export const ReleaseRecord = z.strictObject({
  release: z.string(),
  releaseId: Sha256,
  /** Number of the rollout that brought it. Order is by this. */
  rollout: z.int().min(1),
  /** SHA-256 of the directory's SHA256SUMS. */
  seal: Sha256,
  version: z.string(),
  commit: z.string(),
  secrets: Fingerprint.nullable(),
  /** It survived settle at least once; only then may a rollback choose it. */
  proven: z.boolean(),
});
export type ReleaseRecord = z.infer<typeof ReleaseRecord>;

const file = recordFile(z.strictObject({ releases: z.array(ReleaseRecord) }));
const path = (paths: HostPaths, instance: string): string => join(paths.instance(instance), "releases.json");

/** Oldest first. */
export async function readReleases(paths: HostPaths, instance: string): Promise<ReleaseRecord[]> {
  const record = await file.read(path(paths, instance));
  return [...(record?.releases ?? [])].sort((a, b) => a.rollout - b.rollout);
}

export async function writeReleases(paths: HostPaths, instance: string, releases: readonly ReleaseRecord[]): Promise<void> {
  await file.write(path(paths, instance), { releases: [...releases] });
}

/** The list with one record added, or replaced where the release is in it. */
export function withRelease(releases: readonly ReleaseRecord[], record: ReleaseRecord): ReleaseRecord[] {
  return [...releases.filter(({ release }) => release !== record.release), record].sort((a, b) => a.rollout - b.rollout);
}

export const keptReleases = 10;

/**
 * Which releases to keep: the newest ten that are proven, since these are what a rollback can choose, the newest ten of all for their
 * reports, and whatever runs.
 */
export function retained(releases: readonly ReleaseRecord[], running: ReadonlySet<string>, keep = keptReleases): ReleaseRecord[] {
  const newest = (list: readonly ReleaseRecord[]): readonly ReleaseRecord[] => list.slice(-keep);
  const kept = new Set([...newest(releases), ...newest(releases.filter(({ proven }) => proven))].map(({ release }) => release));
  return releases.filter(({ release }) => kept.has(release) || running.has(release));
}

export type RollbackTarget =
  { readonly kind: "found"; readonly record: ReleaseRecord } | { readonly kind: "absent"; readonly what: string };

/**
 * What a rollback goes to. Steps count proven releases that came before the running one, so a second rollback goes further back and never
 * returns to what was just taken back.
 */
export function rollbackTarget(
  releases: readonly ReleaseRecord[],
  running: string,
  wanted: { readonly kind: "steps"; readonly steps: number } | { readonly kind: "release"; readonly release: string },
): RollbackTarget {
  const proven = releases.filter((record) => record.proven);
  if (wanted.kind === "release") {
    const named = releases.find(({ release }) => release === wanted.release);
    if (named === undefined) return { kind: "absent", what: `there is no release "${wanted.release}" here; there are: ${names(proven)}` };
    if (!named.proven)
      return { kind: "absent", what: `release "${wanted.release}" never survived its rollout; those that did: ${names(proven)}` };
    return { kind: "found", record: named };
  }
  const now = releases.find(({ release }) => release === running);
  const earlier = proven.filter(({ rollout }) => now !== undefined && rollout < now.rollout);
  const record = earlier.at(-wanted.steps);
  if (record !== undefined) return { kind: "found", record };
  const before = earlier.length === 1 ? "1 proven release stands" : `${earlier.length} proven releases stand`;
  return { kind: "absent", what: `cannot go back ${wanted.steps}: ${before} before ${running}` };
}

function names(releases: readonly ReleaseRecord[]): string {
  return releases.length === 0 ? "none" : releases.map(({ release }) => release).join(", ");
}
