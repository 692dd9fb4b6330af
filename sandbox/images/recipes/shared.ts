import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { filesLayer, type FileEntry, type Layer } from "../layer.ts";
import type { HealthCheck } from "../document.ts";
import type { Variant } from "../variant.ts";

const imagesDirectory = join(import.meta.dirname, "..");

/** User and group id of the programs that are ours. */
export const appUser = 1000;
/** User and group id of PostgreSQL and Redis, as in their official images: it owns what is on their volumes. */
export const dataUser = 999;

/** Shell text that adds a user under a fixed id, before a package's own script would take any free one. */
export function addUser(name: string, id: number, home: string): string {
  return `echo '${name}:x:${id}:${id}::${home}:/usr/sbin/nologin' >> /etc/passwd\necho '${name}:x:${id}:' >> /etc/group\n`;
}

/** A file of `sandbox/images/` as it goes into an image. */
export async function sourceFile(source: string, path: string, mode: number): Promise<FileEntry> {
  return { path, mode, content: await readFile(join(imagesDirectory, source)) };
}

/** The small top layer in which the variants of an image differ. */
export function variantLayer({ version, mode }: Variant): Promise<Layer> {
  return filesLayer(`version ${version}`, [{ path: "app/version.json", mode: 0o644, content: `${JSON.stringify({ version, mode })}\n` }]);
}

/** Checks often while a container starts, because a rollout waits for it, and seldom afterwards, because a machine runs dozens of them. */
export function health(command: readonly string[], startPeriodSeconds: number): HealthCheck {
  return { command, intervalSeconds: 5, timeoutSeconds: 5, retries: 3, startPeriodSeconds, startIntervalSeconds: 0.5 };
}
