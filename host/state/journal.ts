import { join } from "node:path";
import { z } from "zod";
import { Actor, Colour, InstanceName, Sha256, phases } from "../../contract/index.ts";
import { removeFile } from "../files.ts";
import type { HostPaths } from "../paths.ts";
import { Current } from "./current.ts";
import { recordFile } from "./record.ts";

/**
 * What an unfinished rollout needs to be finished or undone by somebody who was not there: written before each phase begins, removed when
 * the instance is again on one complete release.
 */
export const Journal = z.strictObject({
  instance: InstanceName,
  rollout: z.int().min(1),
  request: z.enum(["rollout", "rollback"]),
  phase: z.enum(phases),
  release: z.string(),
  releaseId: Sha256,
  /** Colour of the new release. */
  colour: Colour,
  epoch: z.int().min(1),
  startedAt: z.iso.datetime(),
  actor: Actor,
  reason: z.string().nullable(),
  /** What served before; `null` for a first release. */
  before: Current.nullable(),
  /** Traefik's file as it was before, byte for byte; `null` where there was none. */
  routerFile: z.string().nullable(),
  /** Random value that the candidate's and the probe's routers ask for. */
  token: z.string(),
});
export type Journal = z.infer<typeof Journal>;

// Holds the probe token, hence not for everybody.
const file = recordFile(Journal, 0o600);
const path = (paths: HostPaths, instance: string): string => join(paths.instance(instance), "journal.json");

export async function readJournal(paths: HostPaths, instance: string): Promise<Journal | undefined> {
  return file.read(path(paths, instance));
}

export async function writeJournal(paths: HostPaths, journal: Journal): Promise<void> {
  await file.write(path(paths, journal.instance), journal);
}

export async function removeJournal(paths: HostPaths, instance: string): Promise<void> {
  await removeFile(path(paths, instance));
}
