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
  /** The release that it took over from, which is where a step back leads. The one with the next lower number may have been taken back. */
  before: z.string().nullable().default(null),
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

/**
 * The list with `release` as what runs now and `before` as what it took over from. Going back leads along the line that is there; going
 * anywhere else adds to it. Done again, it changes nothing.
 */
export function withProven(releases: readonly ReleaseRecord[], release: string, before: string | null): ReleaseRecord[] {
  const back = before !== null && (before === release || lineOf(releases, before).some((earlier) => earlier.release === release));
  return releases.map((known) => (known.release === release ? { ...known, proven: true, before: back ? known.before : before } : known));
}

/** What a release stands on, nearest first: each the one that the last took over from. Ends where the host has forgotten one. */
function lineOf(releases: readonly ReleaseRecord[], running: string): ReleaseRecord[] {
  const byName = new Map(releases.map((record) => [record.release, record]));
  const line: ReleaseRecord[] = [];
  for (let at = byName.get(running); at !== undefined && at.before !== null; at = line.at(-1)) {
    const next = byName.get(at.before);
    if (next === undefined || line.includes(next)) break;
    line.push(next);
  }
  return line;
}

export const keptReleases = 10;

/**
 * Which releases to keep: what runs and the nearest nine it stands on, since a step back leads there; the newest ten that are proven, which a
 * rollback can name; and the newest ten of all for their reports. These are the same ten where nothing was ever taken back.
 */
export function retained(releases: readonly ReleaseRecord[], running: ReadonlySet<string>, keep = keptReleases): ReleaseRecord[] {
  const newest = (list: readonly ReleaseRecord[]): readonly ReleaseRecord[] => list.slice(-keep);
  const lines = [...running].flatMap((release) => lineOf(releases, release).slice(0, keep - 1));
  const kept = new Set([...lines, ...newest(releases), ...newest(releases.filter(({ proven }) => proven))].map(({ release }) => release));
  return releases.filter(({ release }) => kept.has(release) || running.has(release));
}

export type RollbackTarget =
  { readonly kind: "found"; readonly record: ReleaseRecord } | { readonly kind: "absent"; readonly what: string };

/**
 * What a rollback goes to. Steps lead along the line of what took over from what, so a second rollback goes further back, and none ever
 * returns to what was taken back: neither at once nor after another release has gone out. What is the same as what runs, or as the release
 * that came after it, sent again by a raised epoch, is no step: going there would change nothing.
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
  const runningId = releases.find(({ release }) => release === running)?.releaseId;
  const earlier = lineOf(releases, running).filter(
    ({ releaseId }, index, line) => releaseId !== runningId && releaseId !== line[index - 1]?.releaseId,
  );
  const record = earlier[wanted.steps - 1];
  if (record !== undefined) return { kind: "found", record };
  const before = earlier.length === 1 ? "1 proven release stands" : `${earlier.length} proven releases stand`;
  // After a rollback or a destroyed stack there are releases that no step leads to.
  const others = proven.filter(({ release }) => release !== running);
  const choice = others.length === 0 ? "" : `; --release can name: ${names(others)}`;
  return { kind: "absent", what: `cannot go back ${wanted.steps}: ${before} before ${running}${choice}` };
}

function names(releases: readonly ReleaseRecord[]): string {
  return releases.length === 0 ? "none" : releases.map(({ release }) => release).join(", ");
}
