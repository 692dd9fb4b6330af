import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, readlink, rename, rm, symlink, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Files that must be either the old or the new one whenever the power goes: written to a temporary name, flushed, renamed, and the
 * directory flushed too, since a rename is only on disk with its directory (Pillai et al., "All File Systems Are Not Created Equal",
 * OSDI 2014).
 */
export async function replaceFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryBeside(path);
  try {
    await writeFlushed(temporary, content, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flushDirectory(dirname(path));
}

/** Writes a new file and flushes it. Fails when it exists. */
export async function writeFlushed(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(content);
    // Not through the mode of `open`, which the umask cuts.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Appends one line in one write and flushes it. `line` has no line break. A last line without one, as a power cut or a full disk leaves it,
 * goes: what is appended to it would be one damaged line in the middle of the file.
 */
export async function appendLine(path: string, line: string, mode = 0o600): Promise<void> {
  if (line.includes("\n")) throw new RangeError("a line must not contain a line break");
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a+", mode);
  try {
    // Not through the mode of `open`, which an existing file keeps.
    await file.chmod(mode);
    const { size } = await file.stat();
    if (size > 0 && (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] !== lineBreak)
      await file.truncate((await readFile(path)).lastIndexOf(lineBreak) + 1);
    await file.appendFile(`${line}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

const lineBreak = 0x0a;

/** Removes a file, flushing its directory. No error if it is gone. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await flushDirectory(dirname(path));
}

/**
 * Points a link at `target` by rename(2) of a uniquely named new link, and reads it back. `ln -sfn` followed by `mv` would, after a crash
 * between the two, create the next link inside the old release and publish that (reliability notes, finding 5).
 */
export async function replaceLink(path: string, target: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryBeside(path);
  await symlink(target, temporary);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flushDirectory(dirname(path));
  const seen = await readlink(path);
  if (seen !== target) throw new Error(`${path}: points to ${seen} after it was set to ${target}`);
}

export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** In the same directory, hidden, and without an extension that Traefik's file provider or a listing would take for the real thing. */
function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}
