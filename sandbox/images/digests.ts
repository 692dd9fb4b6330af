import type { Build, ImageDigests } from "../../src/settings/imageDigests.ts";

/** Images of one entry of `image-digests.json`, by service: pinned references. */
export type ServiceImages = Readonly<Record<string, string>>;

/**
 * The next `image-digests.json` (requirement D1). An entry whose images are the same stays as it is, commit and time included: building
 * again what is there already must not look like a new release. Entries of other applications stay too. Pure.
 */
export function nextDigests(
  before: ImageDigests,
  built: Readonly<Record<string, ServiceImages>>,
  provenance: Pick<Build, "commit" | "time">,
): ImageDigests {
  const next: Record<string, Build> = { ...before };
  for (const [entry, images] of Object.entries(built)) {
    const known = before[entry];
    if (known === undefined || !sameImages(known.images, images)) next[entry] = { ...provenance, images: { ...images } };
  }
  return next;
}

function sameImages(left: ServiceImages, right: ServiceImages): boolean {
  const services = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...services].every((service) => left[service] === right[service]);
}
