import type { Client, SFTPWrapper, Stats } from "ssh2";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";

/** Status code of the SFTP protocol for a path that is not there. */
const noSuchFile = 2;

export async function openSftp(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => client.sftp((error, sftp) => (error === undefined ? resolve(sftp) : reject(error))));
}

/** Writes a file from text. The path must be the file's own: a folder has no name to give it. */
export async function copyText(sftp: SFTPWrapper, text: string, remotePath: string): Promise<void> {
  const there = await remoteStat(sftp, remotePath);
  if (there?.isDirectory() === true)
    throw new Error(`remote path ${remotePath} is a directory; when using a text asset, remotePath must be a file path`);
  await makeParents(sftp, remotePath);
  await writeFile(sftp, remotePath, Buffer.from(text));
}

/**
 * Copies a file or a folder, with upstream's rules for the target: a file goes into a folder that is there, else to the path itself; a folder
 * goes into the target as a folder of its own name, or, with a trailing slash, as its contents.
 */
export async function copyPath(sftp: SFTPWrapper, source: string, remotePath: string): Promise<void> {
  const local = await stat(source).catch((error: unknown) => {
    throw new Error(`open ${source}: ${(error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file or directory" : String(error)}`, {
      cause: error,
    });
  });
  const there = await remoteStat(sftp, remotePath);
  if (!local.isDirectory()) {
    const target = there?.isDirectory() === true ? posix.join(remotePath, basename(source)) : remotePath;
    if (there === undefined) await makeParents(sftp, target);
    return writeFile(sftp, target, await readFile(source));
  }
  if (there === undefined) await makeFolders(sftp, remotePath).catch(explain(`failed to create remote directory ${remotePath}`));
  if (source.endsWith("/")) return copyFolder(sftp, source, remotePath);
  const target = posix.join(remotePath, basename(source));
  await makeFolder(sftp, target);
  return copyFolder(sftp, source, target);
}

/** One after the other, like upstream. */
async function copyFolder(sftp: SFTPWrapper, source: string, target: string): Promise<void> {
  const entries = (await readdir(source, { withFileTypes: true })).sort((left, right) => (left.name < right.name ? -1 : 1));
  await makeFolder(sftp, target);
  for (const entry of entries) {
    const [from, to] = [join(source, entry.name), posix.join(target, entry.name)];
    if (entry.isDirectory()) await copyFolder(sftp, from, to);
    else await writeFile(sftp, to, await readFile(from));
  }
}

async function makeFolder(sftp: SFTPWrapper, path: string): Promise<void> {
  const there = await remoteStat(sftp, path);
  if (there?.isDirectory() === false) throw new Error(`remote path ${path} exists but is not a directory`);
  if (there === undefined) await mkdir(sftp, path).catch(explain(`failed to create remote directory ${path}`));
}

async function makeParents(sftp: SFTPWrapper, path: string): Promise<void> {
  await makeFolders(sftp, posix.dirname(path)).catch(explain(`failed to create parent directories for ${path}`));
}

async function makeFolders(sftp: SFTPWrapper, path: string): Promise<void> {
  const there = await remoteStat(sftp, path);
  if (there?.isDirectory() === true) return;
  if (there !== undefined) throw new Error(`mkdir ${path}: not a directory`);
  const parent = posix.dirname(path);
  if (parent !== path) await makeFolders(sftp, parent);
  await mkdir(sftp, path);
}

async function mkdir(sftp: SFTPWrapper, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => sftp.mkdir(path, (error) => (error == null ? resolve() : reject(error))));
}

async function writeFile(sftp: SFTPWrapper, path: string, content: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => sftp.writeFile(path, content, (error) => (error == null ? resolve() : reject(error)))).catch(
    explain(`failed to create remote file ${path}`),
  );
}

async function remoteStat(sftp: SFTPWrapper, path: string): Promise<Stats | undefined> {
  return new Promise((resolve, reject) => {
    sftp.stat(path, (error, stats) => {
      if (error === undefined) resolve(stats);
      else if ((error as { code?: number }).code === noSuchFile) resolve(undefined);
      else reject(new Error(`failed to stat remote path ${path}: ${error.message}`, { cause: error }));
    });
  });
}

function explain(what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  };
}
