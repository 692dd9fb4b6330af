import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { chmod, chown, lstat, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { replaceFile } from "../files.ts";

/** A file that belongs to root and whose every byte is ours. */
export interface ManagedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

export interface ManagedDirectory {
  readonly path: string;
  readonly mode: number;
}

/** What differs, or `undefined`. A link in a file's place differs, whatever it points to. */
export async function fileFault(file: ManagedFile): Promise<string | undefined> {
  const stats = await statIfPresent(file.path);
  if (stats === undefined) return `${file.path} is absent`;
  if (!stats.isFile()) return `${file.path} is not a plain file`;
  if ((await readFile(file.path, "utf8")) !== file.content) return `${file.path} has other content`;
  return rightsFault(file.path, stats, file.mode);
}

export async function writeManagedFile(file: ManagedFile): Promise<void> {
  await replaceFile(file.path, file.content, file.mode);
  await chown(file.path, 0, 0);
}

export async function directoryFault(directory: ManagedDirectory): Promise<string | undefined> {
  const stats = await statIfPresent(directory.path);
  if (stats === undefined) return `${directory.path} is absent`;
  if (!stats.isDirectory()) return `${directory.path} is not a directory`;
  return rightsFault(directory.path, stats, directory.mode);
}

/** Throws when something that is no directory is in its place: what that is, only a person can say. */
export async function makeManagedDirectory({ path, mode }: ManagedDirectory): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path, { mode }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  });
  await chown(path, 0, 0);
  await chmod(path, mode);
}

export async function statIfPresent(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

function rightsFault(path: string, stats: Stats, mode: number): string | undefined {
  const seen = stats.mode & ~constants.S_IFMT;
  if (seen !== mode) return `${path} has mode ${octal(seen)} instead of ${octal(mode)}`;
  if (stats.uid !== 0 || stats.gid !== 0) return `${path} belongs to ${stats.uid}:${stats.gid} instead of root`;
  return undefined;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** Several checks at once; only the faults. */
export async function faultsOf(checks: readonly Promise<string | undefined>[]): Promise<string[]> {
  return (await Promise.all(checks)).filter((fault) => fault !== undefined);
}
