import { dependencyFault } from "../../contract/index.ts";
import type { FaultSink } from "../shared/fault.ts";
import type { PlannedService } from "./planService.ts";

/**
 * Turns each `depends_on` into what it means across two documents: inside one document it stays Compose's, from the app to the data layer it
 * becomes a wait on health, and what cannot hold in two colours is refused. `written`: all services of the file, those included that are
 * too faulty to be planned.
 */
export function planDependencies(services: Map<string, PlannedService>, written: readonly string[], faults: FaultSink): void {
  for (const [name, service] of services) {
    const sink = faults.below(`services.${name}.depends_on`);
    const kept: NonNullable<PlannedService["document"]["depends_on"]> = {};
    for (const [target, condition] of Object.entries(service.dependsOn)) {
      const other = services.get(target);
      if (other === undefined) {
        if (!written.includes(target)) sink.add(`no such service: "${target}"; the file has ${written.join(", ")}`);
      } else if (other.role === "data") {
        if (condition === "service_completed_successfully")
          sink.add(`"${target}" is a stateful service and does not end, got "${condition}"; write service_healthy`);
        else if (service.role === "data") kept[target] = { condition };
        else service.waitFor.add(target);
      } else if (service.role === "data") {
        sink.add(`"${target}" belongs to a release, which comes and goes; a stateful service cannot wait for it`);
      } else {
        const fault = dependencyFault(service.role, { name: target, role: other.role, condition });
        if (fault === undefined) kept[target] = { condition };
        else sink.add(fault);
      }
    }
    if (Object.keys(kept).length > 0) service.document.depends_on = kept;
  }
  refuseCycles(services, faults);
}

function refuseCycles(services: ReadonlyMap<string, PlannedService>, faults: FaultSink): void {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    if (trail.includes(name)) {
      faults.below(`services.${name}.depends_on`).add(`is a circle: ${[...trail.slice(trail.indexOf(name)), name].join(" → ")}`);
      return;
    }
    if (done.has(name)) return;
    for (const target of Object.keys(services.get(name)?.document.depends_on ?? {})) visit(target, [...trail, name]);
    done.add(name);
  };
  for (const name of services.keys()) visit(name, []);
}
