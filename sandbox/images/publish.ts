import { execa } from "execa";
import { join } from "node:path";
import { ImageDigests, platformEntry } from "../../src/settings/imageDigests.ts";
import type { SandboxHandle } from "../index.ts";
import { readIfPresent, replaceFile } from "../shared/files.ts";
import { checkoutDirectory } from "../shared/paths.ts";
import { step } from "../shared/step.ts";
import { buildImages } from "./build.ts";
import { nextDigests, nextTags } from "./digests.ts";
import { pushImages, type PushedImage } from "./push.ts";

/** Which image each service of the demo application runs; beat is the worker's image with another command. */
const demoServices = {
  api: "truealpha/api",
  worker: "truealpha/worker",
  beat: "truealpha/worker",
  flower: "truealpha/flower",
  postgres: "truealpha/postgres",
  redis: "truealpha/redis",
  neo4j: "truealpha/neo4j",
} as const;

/** The demo's images that have versions. */
export const versionedImages = ["truealpha/api", "truealpha/worker"] as const;

export interface PublishOptions {
  /** Tags of the images that have versions. @default those that the file names already, else v1 */
  readonly tags?: Readonly<Record<string, string | undefined>>;
}

/** What a registry holds: the sandbox's part of a handle that publishing needs. */
export type RegistryOwner = Pick<SandboxHandle, "slot" | "seed">;

/**
 * The sandbox's "CI" (requirement D1): builds the demo's images, pushes them with all their variants, and writes which digests they have to
 * `file`, in the form of `image-digests.json`. Quick when nothing changed. Returns everything that was pushed.
 */
export async function publishImages(sandbox: RegistryOwner, file: string, options: PublishOptions = {}): Promise<readonly PushedImage[]> {
  const text = await readIfPresent(file);
  const before = text === undefined ? {} : ImageDigests.parse(JSON.parse(text));
  const tags = nextTags(before, options.tags ?? {}, versionedImages);
  const wanted = Object.entries(tags).map(([repository, tag]) => `${repository}:${tag}`);
  const pushed = await pushToSandbox(sandbox, await buildImages([...everything, ...wanted]));
  const referenceOf = (repository: string): string => {
    const tag = tags[repository];
    const found = pushed.find((image) => image.repository === repository && (tag === undefined || image.tag === tag));
    if (found === undefined) throw new Error(`${repository}: was not pushed`);
    return found.reference;
  };
  const images = Object.fromEntries(Object.entries(demoServices).map(([service, repository]) => [service, referenceOf(repository)]));
  const built = { truealpha: images, [platformEntry]: { ingress: referenceOf("terrace/traefik") } };
  const after = nextDigests(before, built, { commit: await sourceCommit(), time: new Date().toISOString() });
  const next = `${JSON.stringify(after, null, 2)}\n`;
  if (next !== text) await replaceFile(file, next);
  return pushed;
}

/** Pushes to the registry of a running sandbox, by its address: this machine's resolver does not know the registry's name. */
export async function pushToSandbox(
  { slot, seed }: RegistryOwner,
  images: Awaited<ReturnType<typeof buildImages>>,
): Promise<readonly PushedImage[]> {
  return step(`push ${images.length} images to ${seed.registry.host}`, () =>
    pushImages({
      registry: seed.registry.host,
      address: `${slot.registry.ipv4}:443`,
      username: seed.registry.user,
      password: seed.registry.password,
      caFile: slot.caCertificate,
      images,
    }),
  );
}

/** Builds (or finds) and pushes images by `repository:tag`, and gives their pinned references by the same names. */
export async function pushedReferences(owner: RegistryOwner, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const pushed = await pushToSandbox(owner, await buildImages([...new Set(names)]));
  return new Map(pushed.map((image) => [`${image.repository}:${image.tag}`, image.reference]));
}

const everything = [...new Set(Object.values(demoServices)), "terrace/traefik"];

/** The commit that the images are built from: the last one that touched their sources. */
async function sourceCommit(): Promise<string> {
  const sources = join(checkoutDirectory, "sandbox", "images");
  const { stdout } = await execa("git", ["log", "-1", "--format=%H", "--", sources], { cwd: checkoutDirectory });
  if (!/^[0-9a-f]{40}$/.test(stdout))
    throw new Error(`git log of ${sources}: no commit has it; commit it, so that images can say where they come from`);
  return stdout;
}
