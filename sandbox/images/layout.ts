import { link, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, cacheKey } from "../shared/cache.ts";
import { layoutIndex, type ImageDocuments } from "./document.ts";
import type { Layer } from "./layer.ts";

/** Writes an image as an OCI layout into the cache, once per digest, and returns its folder. Layers are hard links to the cached ones. */
export async function imageLayout(documents: ImageDocuments, layers: readonly Layer[]): Promise<string> {
  return cached("image", cacheKey(documents.digest), async (directory) => {
    const blobs = join(directory, "blobs", "sha256");
    await mkdir(blobs, { recursive: true });
    const blob = (digest: string): string => join(blobs, digest.replace("sha256:", ""));
    for (const layer of layers) await link(layer.file, blob(layer.digest));
    await writeFile(blob(documents.configDigest), documents.config);
    await writeFile(blob(documents.digest), documents.manifest);
    await writeFile(join(directory, "index.json"), layoutIndex(documents));
    await writeFile(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  });
}

/** Labels, environment, health check and so on of an image in the cache, as Docker will read them. */
export async function readImageConfig(layout: string): Promise<unknown> {
  const json = async (path: string): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(join(layout, path), "utf8")) as Record<string, unknown>;
  const blob = (digest: string): string => join("blobs", "sha256", digest.replace("sha256:", ""));
  const index = (await json("index.json")) as { manifests: [{ digest: string }] };
  const manifest = (await json(blob(index.manifests[0].digest))) as { config: { digest: string } };
  return json(blob(manifest.config.digest));
}
