import { aliasClashes, capabilityFault, dependencyFault, environmentDeliveryFault } from "../../contract/index.ts";
import type { Manifest } from "../../contract/index.ts";
import { volumeName } from "../data/dataPlan.ts";

/**
 * Rules of a release that no schema can hold. The planner keeps them by construction; they are checked again here, since this program runs
 * with more rights than whoever wrote the manifest. Each fault names its path in the manifest.
 */
export function planFaults(manifest: Manifest): string[] {
  const { document } = manifest.release.runtime;
  const plans = manifest.release.services;
  const faults: string[] = [];
  const at = (service: string, field: string): string => `release.runtime.document.services.${service}.${field}`;

  for (const [name, network] of Object.entries(document.networks ?? {})) {
    if (network.external === true)
      faults.push(`release.runtime.document.networks.${name}: a colour has its own network only; the host connects the shared ones`);
    if (network.name !== undefined)
      faults.push(`release.runtime.document.networks.${name}.name: two colours would share a network of a fixed name`);
  }
  for (const [name, volume] of Object.entries(document.volumes ?? {})) {
    const own = volumeName(manifest.instance, name);
    if (volume.name !== own) faults.push(`release.runtime.document.volumes.${name}.name: must be ${own}, got ${volume.name}`);
  }
  for (const [name, service] of Object.entries(document.services)) {
    const plan = plans[name];
    if (plan === undefined) continue;
    const capabilities = capabilityFault(service.cap_add);
    if (capabilities !== undefined) faults.push(`${at(name, "cap_add")}: ${capabilities}`);
    if ((service.scale ?? 1) > 1 && plan.role !== "web" && plan.role !== "worker")
      faults.push(`${at(name, "scale")}: a ${plan.role} runs once, got ${service.scale}`);
    if (plan.role !== "job" && service.healthcheck === undefined) {
      faults.push(`${at(name, "healthcheck")}: is required for a ${plan.role}: without it "started" would count as "works"`);
    }
    for (const [dependency, { condition }] of Object.entries(service.depends_on ?? {})) {
      const role = plans[dependency]?.role;
      const fault = role === undefined ? "there is no such service" : dependencyFault(plan.role, { name: dependency, role, condition });
      if (fault !== undefined) faults.push(`${at(name, `depends_on.${dependency}`)}: ${fault}`);
    }
    const bare = Object.entries(service.environment ?? {}).filter(([, value]) => value === null);
    for (const [variable] of bare) {
      if (!plan.secrets.env.includes(variable))
        faults.push(`${at(name, `environment.${variable}`)}: has no value and is no secret of the service`);
    }
    for (const variable of plan.secrets.env) {
      const fault = environmentDeliveryFault(variable);
      if (fault !== undefined) faults.push(`release.services.${name}.secrets.env: ${variable} ${fault}`);
    }
  }
  const scales = Object.fromEntries(Object.entries(document.services).map(([name, { scale }]) => [name, scale ?? 1]));
  for (const { service, replica, other } of aliasClashes(scales))
    faults.push(`release.runtime.document.services.${service}: container ${replica} would have the name of one of ${other}`);
  return faults;
}
