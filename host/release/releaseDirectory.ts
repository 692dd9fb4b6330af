import { randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Manifest, canonicalJson, releaseId, releaseName } from "../../contract/index.ts";
import { Failure } from "../ending.ts";
import { flushDirectory, writeFlushed } from "../files.ts";
import type { HostPaths } from "../paths.ts";
import { parseRecord } from "../state/record.ts";
import type { ReleaseRecord } from "../state/releases.ts";
import { composeFile, composeText, imagesText } from "./composeFile.ts";
import { sealFault, sealFile, sealText, sha256 } from "./seal.ts";

/** A release as it lies on the disk: one directory that never changes. */
export interface ReleaseDirectory {
  readonly release: string;
  readonly directory: string;
  /** SHA-256 of its SHA256SUMS. */
  readonly seal: string;
}

/**
 * Writes a release. The directory appears under its name complete or not at all: files are written and flushed under a temporary name,
 * then it is renamed.
 */
export async function writeRelease(paths: HostPaths, manifest: Manifest, made: Date): Promise<ReleaseDirectory> {
  const parent = paths.releases(manifest.instance);
  await mkdir(parent, { recursive: true });
  const release = unusedName(releaseName(manifest.provenance.commit, made), await readdir(parent));
  const directory = join(parent, release);
  const files = releaseFiles(manifest, release, directory);
  const seal = sealText(files);

  const temporary = join(parent, `.tmp-${randomBytes(6).toString("hex")}`);
  try {
    const folders = new Set([temporary, ...Object.keys(files).map((path) => dirname(join(temporary, path)))]);
    for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o755 });
    for (const [path, content] of Object.entries(files))
      await writeFlushed(join(temporary, path), content, path === ".env" ? 0o400 : 0o444);
    await writeFlushed(join(temporary, sealFile), seal, 0o444);
    for (const folder of folders) await flushDirectory(folder);
    await rename(temporary, directory);
    await flushDirectory(parent);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return { release, directory, seal: sha256(seal) };
}

/** Removes what an interrupted write left. Nothing else begins with this prefix, so nothing else can be hit. */
export async function removeHalfWritten(paths: HostPaths, instance: string): Promise<void> {
  const parent = paths.releases(instance);
  const names = await readdir(parent).catch(() => [] as string[]);
  for (const name of names) if (name.startsWith(".tmp-")) await rm(join(parent, name), { recursive: true, force: true });
}

/** Reads a release back. Throws `Failure (state_unreadable)` when it is gone, or was changed after it was sealed. */
export async function readRelease(paths: HostPaths, instance: string, record: ReleaseRecord): Promise<Manifest> {
  const directory = paths.release(instance, record.release);
  const fault = await sealFault(directory, record.seal);
  if (fault !== undefined) throw new Failure("refused", "state_unreadable", `release ${record.release}: ${fault}`);
  const path = join(directory, "manifest.json");
  const manifest = parseRecord(Manifest, path, await readFile(path, "utf8"));
  if (releaseId(manifest) !== record.releaseId) {
    throw new Failure("refused", "state_unreadable", `${path}: is release ${releaseId(manifest)}, recorded was ${record.releaseId}`);
  }
  return manifest;
}

/** Removes a release's directory. Never called for what runs; see `retained`. */
export async function removeRelease(paths: HostPaths, instance: string, release: string): Promise<void> {
  const directory = paths.release(instance, release);
  await rm(directory, { recursive: true, force: true });
}

function releaseFiles(manifest: Manifest, release: string, directory: string): Record<string, string> {
  const document = composeFile({ manifest, release, releaseId: releaseId(manifest), directory });
  return {
    "compose.yaml": composeText(document),
    "manifest.json": `${canonicalJson(manifest)}\n`,
    ".env": imagesText(manifest),
    ...Object.fromEntries(Object.entries(manifest.release.config).map(([path, content]) => [join("config", path), content])),
  };
}

/** One second may see several releases of one commit: `-2`, `-3`, … */
export function unusedName(name: string, taken: readonly string[]): string {
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!taken.includes(candidate)) return candidate;
  }
}
