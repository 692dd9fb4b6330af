import type { Context } from "../context.ts";
import { bringImage } from "../docker/bringImage.ts";
import { uncoveredVolume } from "../docker/images.ts";
import { architectureFault } from "../docker/pullFailure.ts";
import { Failure } from "../ending.ts";
import type { DataPlan } from "./dataPlan.ts";

/** Brings every image onto this host and judges it. */
export async function bringImages({ images, mountTargets }: DataPlan, environment: string, context: Context): Promise<string> {
  const { docker } = context;
  let fetched = 0;
  for (const reference of new Set(Object.values(images))) if (await bringImage(context, environment, reference)) fetched += 1;
  const daemon = await docker.version();
  for (const [service, reference] of Object.entries(images)) {
    const image = await docker.image(reference);
    if (image === undefined) throw new Failure("aborted", "image_not_found", `${reference}: is not here although it was fetched`);
    const fault = architectureFault(reference, image, daemon);
    if (fault !== undefined) throw new Failure("aborted", fault.code, fault.what);
    const volume = uncoveredVolume(image, mountTargets[service] ?? []);
    if (volume !== undefined) {
      const what = `service ${service}: its image declares VOLUME ${volume}, and compose.yaml mounts nothing there: its data would be lost`;
      throw new Failure("aborted", "undeclared_volume", what);
    }
  }
  return `${Object.keys(images).length} images, ${fetched} fetched`;
}
