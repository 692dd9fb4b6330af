import type { AptMirror } from "./aptMirror.ts";
import { startAptProxy } from "./aptProxy.ts";
import type { SlotCertificates } from "./ca.ts";
import { startCloudflare, tokenScopes, type CloudflareService } from "./cloudflare/index.ts";
import { startDns, type NameWorld } from "./dns/index.ts";
import { startEdge } from "./edge/index.ts";
import { seedInfisical, startInfisical, type InfisicalService } from "./infisical/index.ts";
import { serviceNames, type ServiceName } from "./names.ts";
import { startRegistry } from "./registry.ts";
import type { Seed } from "./seed.ts";
import { openJsonLog } from "./shared/jsonLog.ts";
import type { RunningService, TlsListener } from "./shared/service.ts";
import { aptProxyPort, environments, type Address, type Slot } from "./slot.ts";

/** What the services are made from. */
export interface ServiceContext {
  readonly slot: Slot;
  readonly seed: Seed;
  readonly certificates: SlotCertificates;
  readonly mirror: AptMirror;
  /** Address of a server by its full name; asked at each question, since servers come later too. */
  readonly serverAddress: (hostName: string) => Address | undefined;
}

export const serviceOrder = ["apt-proxy", "registry", "infisical", "cloudflare", "dns", "edge"] as const;
export type ServiceKey = (typeof serviceOrder)[number];

/** A slot's services by name; the ones that others look into have their own type. */
export type Services = { -readonly [Name in ServiceKey]?: Name extends keyof Typed ? Typed[Name] : RunningService };

interface Typed {
  readonly infisical: InfisicalService;
  readonly cloudflare: CloudflareService;
}

/** Starts those services that do not run yet, in an order in which each finds what it looks into. */
export async function startServices(context: ServiceContext, services: Services): Promise<void> {
  services["apt-proxy"] ??= await aptProxy(context);
  if (services.registry?.runs?.() === false) {
    // It crashed, or somebody broke it and forgot.
    await services.registry.close();
    delete services.registry;
  }
  services.registry ??= await startRegistry({ slot: context.slot, ...context.seed.registry });
  services.infisical ??= await startInfisicalOf(context);
  await plantSeed(context.seed, services);
  const cloudflare = (services.cloudflare ??= await startCloudflareOf(context));
  const { slot, certificates } = context;
  const world: NameWorld = {
    names: (name) => serviceAddress(slot, name) ?? context.serverAddress(name),
    zones: cloudflare.zones,
    edge: slot.edge,
  };
  services.dns ??= await startDns({
    ...world,
    listeners: [slot.gateway.ipv4, slot.gateway.ipv6].map((host) => ({ host, port: 53 })),
    logs: slot.logs,
  });
  services.edge ??= await startEdge({
    world,
    listeners: [slot.edge.ipv4, slot.edge.ipv6, slot.edgeLoopback].map((host) => ({ host, httpPort: 80, httpsPort: 443 })),
    certificates: [certificates.edge],
    trust: { authorities: [certificates.ca.certificate], client: certificates.originPull },
    source: slot.edge,
    name: serviceNames.edge,
    logs: slot.logs,
  });
}

/** Brings what is stored about servers and keys up to date; what a person has changed since stays. */
export async function plantSeed(seed: Seed, services: Services): Promise<void> {
  if (services.infisical !== undefined) await seedInfisical(services.infisical.store, seed);
}

function serviceAddress(slot: Slot, name: string): Address | undefined {
  const service = (Object.keys(serviceNames) as ServiceName[]).find((candidate) => serviceNames[candidate] === name);
  return service === undefined ? undefined : slot[service];
}

async function aptProxy({ slot, mirror }: ServiceContext): Promise<RunningService> {
  const log = openJsonLog(slot.logs, "apt-proxy");
  const proxy = await startAptProxy({ host: slot.gateway.ipv4, port: aptProxyPort, mirror, log: (entry) => log.write(entry) });
  return {
    close: async () => {
      await proxy.close();
      log.close();
    },
  };
}

function startInfisicalOf({ slot, seed, certificates }: ServiceContext): Promise<InfisicalService> {
  return startInfisical({
    listeners: listeners(slot.infisical.ipv4, slot.infisical.ipv6, certificates.infisical),
    directory: slot.directory,
    logs: slot.logs,
    projectId: seed.infisical.projectId,
    identities: environments.map((environment) => ({ environment, ...seed.infisical.identities[environment] })),
  });
}

function startCloudflareOf({ slot, seed, certificates }: ServiceContext): Promise<CloudflareService> {
  return startCloudflare({
    listeners: listeners(slot.cloudflare.ipv4, slot.cloudflare.ipv6, certificates.cloudflare),
    directory: slot.directory,
    logs: slot.logs,
    accountId: seed.cloudflare.accountId,
    zones: [{ id: seed.cloudflare.zoneId, name: seed.domain }],
    tokens: environments.map((environment) => ({ name: environment, value: seed.cloudflare.tokens[environment], scopes: tokenScopes })),
    ipRanges: { ipv4: [`${slot.edge.ipv4}/32`], ipv6: [`${slot.edge.ipv6}/128`] },
  });
}

function listeners(
  ipv4: string,
  ipv6: string,
  keyed: { readonly certificate: string; readonly privateKey: string },
): readonly TlsListener[] {
  return [ipv4, ipv6].map((host) => ({ host, port: 443, ...keyed }));
}
