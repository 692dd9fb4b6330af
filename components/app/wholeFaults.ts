import { aliasClashes, maximumReplicas, ResourceName } from "../../contract/index.ts";
import { type FaultSink, seen } from "../shared/fault.ts";
import type { PlannedService } from "./planService.ts";

/** Tells what shows only with all services and volumes of a file side by side. `written`: all services, those too faulty to be planned included. */
export function wholeFaults(
  services: ReadonlyMap<string, PlannedService>,
  written: readonly string[],
  volumes: readonly string[],
  faults: FaultSink,
): void {
  for (const name of volumes) {
    const rule = ResourceName.safeParse(name).error?.issues[0]?.message;
    if (rule !== undefined) faults.below(`volumes.${name}`).add(`the name ${rule}, got ${seen(name)}; choose another name`);
  }
  const released = [...services].filter(([, { role }]) => role !== "data");
  if (released.length === 0 && services.size === written.length)
    faults
      .below("services")
      .add(
        "has none that a release brings; add one with role web, worker, singleton or job, or put stateful ones into the app that uses them",
      );
  const scales = released
    .map(([name, { document }]) => [name, document.scale ?? 1] as const)
    .filter(([, scale]) => scale <= maximumReplicas);
  for (const { service, replica, other } of aliasClashes(Object.fromEntries(scales)))
    faults.below(`services.${service}`).add(`container ${replica} would have the name of one of ${other}; give one of them another name`);
}
