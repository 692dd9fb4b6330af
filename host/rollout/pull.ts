import type { Manifest } from "../../contract/index.ts";
import { bringImage } from "../docker/bringImage.ts";
import { uncoveredVolume } from "../docker/images.ts";
import type { Image } from "../docker/images.ts";
import { architectureFault } from "../docker/pullFailure.ts";
import { Failure } from "../ending.ts";
import { everyOne } from "../everyOne.ts";
import type { Attempt } from "./attempt.ts";

/** Brings every image onto this host. What is here already is taken as it is; then the registry is not even asked. */
export async function pull(attempt: Attempt): Promise<string> {
  const references = [...new Set(Object.values(attempt.manifest.release.runtime.document.services).map(({ image }) => image))];
  // All are given the time to end: a pull that goes on in the background would fill the disk of a rollout that is being taken back.
  const fetched = await everyOne(references.map((reference) => bringImage(attempt.context, attempt.manifest.environment, reference)));
  await judgeImages(attempt, references);
  return `${references.length} images, ${fetched.filter(Boolean).length} fetched`;
}

async function judgeImages(attempt: Attempt, references: readonly string[]): Promise<void> {
  const daemon = await attempt.context.docker.version();
  const images = new Map<string, Image>();
  for (const reference of references) {
    const image = await attempt.context.docker.image(reference);
    if (image === undefined) throw new Failure("aborted", "image_not_found", `${reference}: is not here although it was fetched`);
    const fault = architectureFault(reference, image, daemon);
    if (fault !== undefined) throw new Failure("aborted", fault.code, fault.what);
    images.set(reference, image);
  }
  const undeclared = undeclaredVolume(attempt.manifest, images);
  if (undeclared !== undefined) throw new Failure("aborted", "undeclared_volume", undeclared);
}

/** An image's VOLUME without a mount of ours becomes an anonymous volume: written by one colour, gone with it. */
export function undeclaredVolume(manifest: Manifest, images: ReadonlyMap<string, Pick<Image, "volumes">>): string | undefined {
  for (const [name, { image: reference, volumes }] of Object.entries(manifest.release.runtime.document.services)) {
    const image = images.get(reference);
    const targets = (volumes ?? []).map(({ target }) => target);
    const path = image === undefined ? undefined : uncoveredVolume(image, targets);
    if (path !== undefined) return `service ${name}: its image declares VOLUME ${path}, and compose.yaml mounts nothing there`;
  }
  return undefined;
}
