import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { serverLeader } from "../../../sandbox/serverShell.ts";
import type { ServerPlace } from "../../../sandbox/slot.ts";
import type { Finding, Scanner } from "./secretScanner.ts";

export interface FileFinding extends Finding {
  /** From the root that was searched. */
  readonly path: string;
}

export interface ScannedTree {
  readonly files: number;
  readonly findings: readonly FileFinding[];
}

/** Searches every file below `folders` of `root`, links not followed; `isLeftOut` says which paths are not looked into. */
export async function scanTree(
  scanner: Scanner,
  root: string,
  folders: readonly string[],
  isLeftOut: (path: string) => boolean = () => false,
): Promise<ScannedTree> {
  const findings: FileFinding[] = [];
  let files = 0;
  const visit = async (path: string): Promise<void> => {
    if (isLeftOut(path)) return;
    for (const entry of await readdir(join(root, path), { withFileTypes: true }).catch(whenGone)) {
      const below = join(path, entry.name);
      if (entry.isDirectory()) await visit(below);
      if (!entry.isFile() || isLeftOut(below)) continue;
      const bytes = await readFile(join(root, below)).catch(whenGone);
      files += 1;
      findings.push(...scanner.scan(Buffer.isBuffer(bytes) ? bytes : "").map((finding) => ({ ...finding, path: below })));
    }
  };
  for (const folder of folders) await visit(folder);
  return { files, findings };
}

/** A server's own view of its files, its memory file systems included. */
export async function serverRoot(place: ServerPlace): Promise<string> {
  return `/proc/${await serverLeader(place)}/root`;
}

/** What went away while it was read, or is no real file although it looks like one (a mounted namespace). */
function whenGone(error: NodeJS.ErrnoException): [] {
  if (["ENOENT", "EINVAL", "ESRCH", "ENOTDIR"].includes(error.code ?? "")) return [];
  throw error;
}
