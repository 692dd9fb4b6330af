import { parseReference } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { architectureFault } from "../docker/pullFailure.ts";
import type { Image } from "../docker/images.ts";
import { Failure } from "../ending.ts";
import type { DataPlan } from "./dataPlan.ts";

/** Brings every image onto this host and judges it. What is here already is taken as it is; then the registry is not even asked. */
export async function bringImages({ images, mountTargets }: DataPlan, environment: string, context: Context): Promise<string> {
  const { docker, hostSecrets, progress } = context;
  let fetched = 0;
  for (const reference of new Set(Object.values(images))) {
    if ((await docker.image(reference)) !== undefined) continue;
    const registry = parseReference(reference)?.registry ?? "";
    await docker.pull(reference, await hostSecrets.registryCredentials(environment, registry), () => undefined);
    progress.note(`fetched ${reference.slice(0, reference.indexOf("@"))}`);
    fetched += 1;
  }
  const daemon = await docker.version();
  for (const [service, reference] of Object.entries(images)) {
    const image = await docker.image(reference);
    if (image === undefined) throw new Failure("aborted", "image_not_found", `${reference}: is not here although it was fetched`);
    const fault = architectureFault(reference, image, daemon);
    if (fault !== undefined) throw new Failure("aborted", fault.code, fault.what);
    const volume = undeclaredVolume(image, mountTargets[service] ?? []);
    if (volume !== undefined) {
      const what = `service ${service}: its image declares VOLUME ${volume}, and compose.yaml mounts nothing there: its data would be lost`;
      throw new Failure("aborted", "undeclared_volume", what);
    }
  }
  return `${Object.keys(images).length} images, ${fetched} fetched`;
}

/** A VOLUME of the image that no mount covers: Docker would make an anonymous one, which nobody finds again. */
export function undeclaredVolume({ volumes }: Pick<Image, "volumes">, targets: readonly string[]): string | undefined {
  const mounted = new Set(targets.map(withoutSlash));
  return volumes.find((volume) => !mounted.has(withoutSlash(volume)));
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}
