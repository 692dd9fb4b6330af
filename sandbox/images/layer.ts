import { chmod, chown, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cached, cacheKey, exists } from "../shared/cache.ts";
import { imagetool, imagetoolKey, type LayerAnswer } from "./imagetool.ts";

/**
 * The moment that everything made here carries, Unix seconds (2026-01-01): a clock must not change a digest.
 * Images therefore look older than they are; `docker image prune --filter until=` counts from this date.
 */
export const epochSeconds = 1_767_225_600;

/** One layer in the cache: everything that images need to refer to it. */
export interface Layer extends LayerAnswer {
  /** What is in it, for people. */
  readonly title: string;
  /** Compressed archive. */
  readonly file: string;
  /** Unpacked tree; a later layer's overlay stands on it. */
  readonly tree: string;
  /** Cache key, so that what stands on this layer is made again when this one changes. */
  readonly key: string;
}

/** A file or folder that we put into an image. Owned by root unless said otherwise. */
export type FileEntry = FileContent & {
  /** Path inside the image, without the leading slash. */
  readonly path: string;
  /** Permission bits, such as 0o755. */
  readonly mode: number;
  /** User and group id. */
  readonly owner?: number;
};

type FileContent =
  | { readonly content: string | Uint8Array }
  /** A file of this machine; `identity` stands for its content in the key, so that 100 MB need not be read to find that nothing changed. */
  | { readonly from: string; readonly identity: string }
  | { readonly directory: true };

/** A layer made of our own files. The same entries give the same bytes, whatever the order, the machine or the day. */
export async function filesLayer(title: string, entries: readonly FileEntry[]): Promise<Layer> {
  const sorted = [...entries].sort((left, right) => (left.path < right.path ? -1 : 1));
  const key = cacheKey(await imagetoolKey(), String(epochSeconds), ...sorted.flatMap(describeEntry));
  return cachedLayer(title, key, async (tree) => {
    for (const entry of sorted) await place(tree, entry);
    return { builtAfter: 0 };
  });
}

/** Makes a layer's tree in `tree`, with `scratch` for whatever that takes, and says from which moment on (Unix seconds) times are accidents of the build. */
export type FillTree = (tree: string, scratch: string) => Promise<{ readonly builtAfter: number }>;

/** The cache entry of a layer that stands on the layers `below`. */
export async function cachedLayer(title: string, key: string, fill: FillTree, below: readonly Layer[] = []): Promise<Layer> {
  const directory = await cached("layer", key, async (temporary) => {
    const tree = join(temporary, "tree");
    await mkdir(tree, { mode: 0o755 });
    const { builtAfter } = await fill(tree, temporary);
    const answer = await imagetool("layer", {
      source: tree,
      output: join(temporary, "layer.tar.gz"),
      below: below.map((layer) => layer.tree),
      builtAfter,
      epoch: epochSeconds,
    });
    await writeFile(join(temporary, "layer.json"), JSON.stringify(answer));
  });
  const answer = JSON.parse(await readFile(join(directory, "layer.json"), "utf8")) as LayerAnswer;
  return { ...answer, title, key, file: join(directory, "layer.tar.gz"), tree: join(directory, "tree") };
}

function describeEntry(entry: FileEntry): (string | Uint8Array)[] {
  const content = "directory" in entry ? "directory" : "from" in entry ? `from ${entry.identity}` : entry.content;
  return [entry.path, entry.mode.toString(8), String(entry.owner ?? 0), content];
}

async function place(tree: string, entry: FileEntry): Promise<void> {
  const path = join(tree, entry.path);
  await makeFolders(tree, dirname(entry.path));
  if ("directory" in entry) await mkdir(path, { recursive: true });
  else if ("from" in entry) await copyFile(entry.from, path);
  else await writeFile(path, entry.content);
  await chown(path, entry.owner ?? 0, entry.owner ?? 0);
  // After chown, which clears setuid bits, and whatever the umask left out.
  await chmod(path, entry.mode);
}

/** Folders on the way to a file, with plain permissions whatever this process's umask is. */
async function makeFolders(tree: string, path: string): Promise<void> {
  let folder = tree;
  for (const part of path.split("/").filter((name) => name !== "" && name !== ".")) {
    folder = join(folder, part);
    if (await exists(folder)) continue;
    await mkdir(folder);
    await chmod(folder, 0o755);
  }
}
