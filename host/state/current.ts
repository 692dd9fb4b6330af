import { readdir } from "node:fs/promises";
import { z } from "zod";
import { Actor, Colour, InstanceName, Serving, Sha256 } from "../../contract/index.ts";
import { removeFile } from "../files.ts";
import type { HostPaths } from "../paths.ts";
import { recordFile } from "./record.ts";

/** What runs, since when and by whom (requirement D4). Written only when a release has settled. */
export const Current = z.strictObject({
  instance: InstanceName,
  release: z.string(),
  releaseId: Sha256,
  colour: Colour,
  rollout: z.int().min(1),
  /** Epoch of the request: a higher one rolls the same release out again. */
  epoch: z.int().min(1),
  version: z.string(),
  commit: z.string(),
  images: z.record(z.string(), z.string()),
  since: z.iso.datetime(),
  by: Actor,
});
export type Current = z.infer<typeof Current>;

const file = recordFile(Current);

export async function readCurrent(paths: HostPaths, instance: string): Promise<Current | undefined> {
  return file.read(paths.current(instance));
}

export async function writeCurrent(paths: HostPaths, current: Current): Promise<void> {
  await file.write(paths.current(current.instance), current);
}

export async function removeCurrent(paths: HostPaths, instance: string): Promise<void> {
  await removeFile(paths.current(instance));
}

/** Instances that serve a release, by name. */
export async function currentInstances(paths: HostPaths): Promise<string[]> {
  const names = await readdir(paths.currentRecords).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => !name.startsWith(".") && name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

export function serving(current: Current): Serving {
  return { release: current.release, releaseId: current.releaseId, colour: current.colour };
}
