import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { canonicalJson } from "../contract/index.ts";
import { buildImages } from "./images/build.ts";
import { pushImages } from "./images/push.ts";
import type { SandboxHandle } from "./index.ts";
import { replaceFile } from "./shared/files.ts";
import { checkoutDirectory } from "./shared/paths.ts";

/** Which image each service of the demo runs: repository and tag, as the sandbox's "CI" builds them. */
export const demoImages = {
  platform: { ingress: "terrace/traefik:v3" },
  truealpha: {
    postgres: "truealpha/postgres:17",
    redis: "truealpha/redis:8",
    neo4j: "truealpha/neo4j:stand-in",
    api: "truealpha/api:v1",
    worker: "truealpha/worker:v1",
    beat: "truealpha/worker:v1",
    flower: "truealpha/flower:stand-in",
  },
} as const;

type Images = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * What a CI does after a build: pushes images to the sandbox's registry and publishes `image-digests.json`. The file stays as it is where
 * it names these digests already: it says when and from what they were first built, and an untouched file is an unchanged preview.
 */
export async function publishImages(
  sandbox: Pick<SandboxHandle, "slot" | "seed">,
  file: string,
  images: Images = demoImages,
): Promise<void> {
  const references = await pushedReferences(
    sandbox,
    Object.values(images).flatMap((services) => Object.values(services)),
  );
  const resolved = Object.entries(images).map(([app, services]) => [
    app,
    Object.fromEntries(Object.entries(services).map(([service, name]) => [service, references.get(name) ?? ""])),
  ]) as [string, Record<string, string>][];
  const present = await readPublished(file);
  if (canonicalJson(Object.fromEntries(resolved)) === canonicalJson(imagesOf(present))) return;
  const { commit, time } = await sourceOfImages();
  const published = Object.fromEntries(resolved.map(([app, services]) => [app, { commit, time, images: services }]));
  await replaceFile(file, `${JSON.stringify(published, null, 2)}\n`);
}

/** Builds (or finds) and pushes images by `repository:tag`, and gives their pinned references by the same names. */
export async function pushedReferences(
  sandbox: Pick<SandboxHandle, "slot" | "seed">,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { slot, seed } = sandbox;
  const built = await buildImages([...new Set(names)]);
  const pushed = await pushImages({
    registry: seed.registry.host,
    address: `${slot.registry.ipv4}:443`,
    username: seed.registry.user,
    password: seed.registry.password,
    caFile: slot.caCertificate,
    images: built,
  });
  return new Map(pushed.map((image) => [`${image.repository}:${image.tag}`, image.reference]));
}

interface Published {
  readonly [app: string]: { readonly images: Readonly<Record<string, string>> };
}

async function readPublished(file: string): Promise<Published> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  return JSON.parse(text) as Published;
}

function imagesOf(published: Published): Images {
  return Object.fromEntries(Object.entries(published).map(([app, { images }]) => [app, images]));
}

/** The last commit that changed what the images are made of. */
async function sourceOfImages(): Promise<{ readonly commit: string; readonly time: string }> {
  const { stdout } = await promisify(execFile)("git", ["log", "-1", "--format=%H %cI", "--", "sandbox/images"], { cwd: checkoutDirectory });
  const [commit, time] = stdout.trim().split(" ");
  if (commit === undefined || time === undefined || commit === "")
    throw new Error("git log knows no commit of sandbox/images; is this a clone with history?");
  return { commit, time: new Date(time).toISOString() };
}
