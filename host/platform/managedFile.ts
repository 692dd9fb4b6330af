import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { chown, lstat, mkdir, open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
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

/** Throws when something that is no directory is in its place, a link to one too: what that is, only a person can say. */
export async function makeManagedDirectory(directory: ManagedDirectory): Promise<void> {
  await withManagedDirectory(directory, () => Promise.resolve());
}

/**
 * The same, and then works in it. `inside` leads into this very directory (proc_pid_fd(5)), whatever somebody who may write beside it puts in
 * its place meanwhile: by its name, a link to a folder of root's could be followed.
 */
export async function withManagedDirectory({ path, mode }: ManagedDirectory, work: (inside: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path, { mode }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  });
  const directory = await openDirectory(path);
  try {
    await directory.chown(0, 0);
    await directory.chmod(mode);
    await work(`/proc/self/fd/${directory.fd}`);
  } finally {
    await directory.close();
  }
}

async function openDirectory(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTDIR" && code !== "ELOOP") throw error;
    throw new Error(`${path}: is not a directory; look at what is there, and move it away`, { cause: error });
  }
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
