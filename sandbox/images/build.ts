import { catalog, ordersFor, type Order } from "./catalog.ts";
import { imageDocuments } from "./document.ts";
import { openKitchen } from "./kitchen.ts";
import { epochSeconds } from "./layer.ts";
import { imageLayout } from "./layout.ts";
import type { Kitchen } from "./recipe.ts";

/** An image in the cache, ready to be pushed. */
export interface BuiltImage {
  /** `truealpha/api`. */
  readonly repository: string;
  readonly tag: string;
  /** `sha256:…` of the manifest: what the registry will know it by. */
  readonly digest: string;
  /** Folder of its OCI layout. */
  readonly layout: string;
  /** Bytes that a host without any of the layers downloads. */
  readonly size: number;
}

/**
 * Builds images, or finds them in the cache; two at a time, since more would only wait for the processors. Names are `truealpha/api` (all
 * its usual tags) or `truealpha/api:v7`; none means everything. Needs root, Debian's packages, npm and Go, but no Docker.
 */
export async function buildImages(names: readonly string[] = []): Promise<readonly BuiltImage[]> {
  if (process.getuid?.() !== 0)
    throw new Error("images: must be built as root, since packages are installed in a tree of its own; run as root");
  if (process.arch !== "x64") throw new Error(`images: are built for x64 only, this machine is ${process.arch}`);
  const orders = ordersFor(names);
  const kitchen = openKitchen();
  try {
    // The variants of an image share all but their top layer: one recipe is one piece of work.
    const batches = catalog.map((recipe) => orders.filter((order) => order.recipe === recipe)).filter((batch) => batch.length > 0);
    const built = await twoAtATime(batches, async (batch) => {
      const images: BuiltImage[] = [];
      for (const order of batch) images.push(await buildImage(kitchen, order));
      return images;
    });
    return built.flat();
  } finally {
    await kitchen.close();
  }
}

async function buildImage(kitchen: Kitchen, { recipe, variant }: Order): Promise<BuiltImage> {
  const layers = await recipe.layers(kitchen, variant);
  const identity = { repository: recipe.repository, tag: variant.tag, epochSeconds, architecture: "amd64" } as const;
  const documents = imageDocuments(identity, recipe.config, layers);
  return {
    repository: recipe.repository,
    tag: variant.tag,
    digest: documents.digest,
    layout: await imageLayout(documents, layers),
    size: layers.reduce((sum, layer) => sum + layer.size, 0),
  };
}

/** Results in the order of the inputs. After a failure nothing new is begun, and what is under way is waited for. */
export async function twoAtATime<In, Out>(inputs: readonly In[], work: (input: In) => Promise<Out>): Promise<readonly Out[]> {
  const results: Out[] = [];
  const queue = inputs.entries();
  let failed = false;
  const takeTurns = async (): Promise<void> => {
    for (const [index, input] of queue) {
      if (failed) return;
      try {
        results[index] = await work(input);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const turns = await Promise.allSettled([takeTurns(), takeTurns()]);
  const broken = turns.find((turn) => turn.status === "rejected");
  if (broken !== undefined) throw broken.reason;
  return results;
}
