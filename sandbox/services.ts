import type { AptMirror } from "./aptMirror.ts";
import { startAptProxy } from "./aptProxy.ts";
import type { SlotCertificates } from "./ca.ts";
import { startCloudflare, tokenScopes, type CloudflareService } from "./cloudflare/index.ts";
import { startRegistry } from "./registry.ts";
import type { Seed } from "./seed.ts";
import { openJsonLog } from "./shared/jsonLog.ts";
import type { RunningService, TlsListener } from "./shared/service.ts";
import { aptProxyPort, environments, type Slot } from "./slot.ts";

/** What the services are made from. */
export interface ServiceContext {
  readonly slot: Slot;
  readonly seed: Seed;
  readonly certificates: SlotCertificates;
  readonly mirror: AptMirror;
}

export const serviceOrder = ["apt-proxy", "registry", "cloudflare"] as const;
export type ServiceKey = (typeof serviceOrder)[number];

/** A slot's services by name; the ones that others look into have their own type. */
export type Services = { -readonly [Name in ServiceKey]?: Name extends "cloudflare" ? CloudflareService : RunningService };

/** Starts those services that do not run yet, in an order in which each finds what it looks into. */
export async function startServices(context: ServiceContext, services: Services): Promise<void> {
  services["apt-proxy"] ??= await aptProxy(context);
  services.registry ??= await startRegistry({ slot: context.slot, ...context.seed.registry });
  services.cloudflare ??= await cloudflare(context);
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

function cloudflare({ slot, seed, certificates }: ServiceContext): Promise<CloudflareService> {
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

function listeners(ipv4: string, ipv6: string, keyed: { readonly certificate: string; readonly privateKey: string }): readonly TlsListener[] {
  return [ipv4, ipv6].map((host) => ({ host, port: 443, ...keyed }));
}
