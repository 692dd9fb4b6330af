import { capabilityFault, dataProject, environmentDeliveryFault } from "../../contract/index.ts";
import type { ComposeDocument, ComposeService, DataRequest } from "../../contract/index.ts";
import { label, withoutRawSockets } from "../release/composeFile.ts";

/** What a data request comes to on this host. */
export interface DataPlan {
  /** Compose project, and name of the network. */
  readonly project: string;
  /** Host-wide names of the volumes, in name order. */
  readonly volumes: readonly string[];
  /** As `docker compose` reads it; `null` where the app keeps no stateful service. */
  readonly document: Readonly<Record<string, unknown>> | null;
  /** Pinned reference by service. */
  readonly images: Readonly<Record<string, string>>;
  /** Mount points by service: an image's own VOLUME must be one of them. */
  readonly mountTargets: Readonly<Record<string, readonly string[]>>;
  /** Secret variables that some service gets, in name order. */
  readonly variables: readonly string[];
}

/** Says in the document, for the next request, which values its bare keys had. Compose ignores what begins with `x-`. */
export const secretsKey = "x-terrace-secrets";

export type PlannedData =
  { readonly kind: "faulty"; readonly faults: readonly string[] } | { readonly kind: "ready"; readonly plan: DataPlan };

export function volumeName(instance: string, volume: string): string {
  return `${instance}_${volume}`;
}

/** Pure. The planner on the other side keeps these rules by construction; here they are checked again, for this side runs as root. */
export function planData(request: DataRequest): PlannedData {
  const { instance, document, volumes } = request;
  const faults = document === null ? orphanVariables(request, {}) : documentFaults(request, document);
  if (faults.length > 0) return { kind: "faulty", faults };
  const services = document?.services ?? {};
  return {
    kind: "ready",
    plan: {
      project: dataProject(instance),
      volumes: volumes.map((volume) => volumeName(instance, volume)).sort(),
      document: document === null ? null : { name: dataProject(instance), ...completed(request, document), [secretsKey]: request.secrets },
      images: mapped(services, ({ image }) => image),
      mountTargets: mapped(services, (service) => (service.volumes ?? []).map(({ target }) => target)),
      variables: [...new Set(Object.values(request.variables).flat())].sort(),
    },
  };
}

function documentFaults(request: DataRequest, document: ComposeDocument): string[] {
  const { instance, volumes } = request;
  const faults = orphanVariables(request, document.services);
  const network = document.networks?.["default"];
  if (network?.external !== true || network.name !== dataProject(instance))
    faults.push(`document.networks.default: must be the external network ${dataProject(instance)}`);
  for (const name of Object.keys(document.networks ?? {}))
    if (name !== "default") faults.push(`document.networks.${name}: stateful services are in the network of their instance only`);
  for (const [name, volume] of Object.entries(document.volumes ?? {})) {
    if (!volumes.includes(name)) faults.push(`document.volumes.${name}: is not among the volumes of the request`);
    if (volume.name !== volumeName(instance, name))
      faults.push(`document.volumes.${name}: must be called ${volumeName(instance, name)}, got ${volume.name}`);
  }
  for (const [name, service] of Object.entries(document.services)) {
    const at = `document.services.${name}`;
    const capabilities = capabilityFault(service.cap_add);
    if (capabilities !== undefined) faults.push(`${at}.cap_add: ${capabilities}`);
    if ((service.scale ?? 1) > 1) faults.push(`${at}.scale: a stateful service runs once, got ${service.scale}`);
    for (const mount of service.volumes ?? []) {
      if (mount.type === "bind") faults.push(`${at}.volumes: mounts ${mount.source}; a stateful service cannot mount files of a release`);
      if (mount.type === "volume" && document.volumes?.[mount.source] === undefined)
        faults.push(`${at}.volumes: there is no volume ${mount.source}`);
    }
    const given = request.variables[name] ?? [];
    const bare = Object.entries(service.environment ?? {}).flatMap(([key, value]) => (value === null ? [key] : []));
    for (const key of bare) if (!given.includes(key)) faults.push(`${at}.environment.${key}: has no value and is no secret of the service`);
    for (const key of given) {
      const fault = environmentDeliveryFault(key);
      if (fault !== undefined) faults.push(`variables.${name}: ${key} ${fault}`);
      if (typeof service.environment?.[key] === "string") faults.push(`${at}.environment.${key}: has a value and is a secret too`);
    }
  }
  return faults;
}

function orphanVariables({ variables, secrets }: DataRequest, services: Readonly<Record<string, unknown>>): string[] {
  const faults = Object.keys(variables)
    .filter((service) => !Object.hasOwn(services, service))
    .map((service) => `variables.${service}: there is no such service`);
  const wanted = Object.values(variables).some((names) => names.length > 0);
  return wanted && secrets === null ? [...faults, "secrets: a service needs variables, but no set is named"] : faults;
}

function completed(request: DataRequest, document: ComposeDocument): ComposeDocument {
  const services = Object.entries(document.services).map(([name, service]) => [name, completedService(request, name, service)] as const);
  return { ...document, services: Object.fromEntries(services) as ComposeDocument["services"] };
}

/**
 * Bare keys take their values from the compose process. `unless-stopped`: unlike a release, a database has no second colour that could be
 * started by mistake, and must come back by itself after a power cut.
 */
function completedService({ instance, environment, variables }: DataRequest, name: string, service: ComposeService): unknown {
  const secrets = Object.fromEntries((variables[name] ?? []).map((key) => [key, null]));
  return {
    ...service,
    ...(service.environment === undefined && Object.keys(secrets).length === 0
      ? {}
      : { environment: { ...service.environment, ...secrets } }),
    restart: "unless-stopped",
    cap_drop: withoutRawSockets(service.cap_drop),
    labels: {
      ...service.labels,
      [label.instance]: instance,
      [label.environment]: environment,
      [label.part]: "data",
      [label.service]: name,
      [label.role]: "data",
    },
  };
}

function mapped<Value, Result>(record: Readonly<Record<string, Value>>, map: (value: Value) => Result): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
