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

/**
 * Tags of the images that have versions, for the next `image-digests.json`: those asked for, else those that the file names, so that building
 * again does not take a release back; `v1` where there is none yet. A build that is broken on purpose is left behind. Pure.
 */
export function nextTags(
  before: ImageDigests,
  asked: Readonly<Record<string, string | undefined>>,
  versioned: readonly string[],
): Readonly<Record<string, string>> {
  const known = Object.values(before).flatMap(({ images }) => Object.values(images));
  const tagOf = (repository: string): string | undefined => {
    const pattern = new RegExp(`/${repository}:(v[1-9][0-9]*)@`);
    return known.map((reference) => pattern.exec(reference)?.[1]).find((tag) => tag !== undefined);
  };
  return Object.fromEntries(versioned.map((repository) => [repository, asked[repository] ?? tagOf(repository) ?? "v1"]));
}

/** `truealpha/api:v2` as `{"truealpha/api": "v2"}`. Throws for a name without tag, or that is no image with versions. Pure. */
export function askedTags(names: readonly string[], versioned: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.map((name) => {
      const [repository = "", tag = ""] = name.split(":");
      if (!versioned.includes(repository) || tag === "")
        throw new Error(
          `--digests: writes one build of each image; name ${versioned.map((each) => `${each}:v2`).join(" or ")} (both or one of them), got "${name}"`,
        );
      return [repository, tag];
    }),
  );
}

function sameImages(left: ServiceImages, right: ServiceImages): boolean {
  const services = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...services].every((service) => left[service] === right[service]);
}
