import { openRequestLog } from "../cloudflare/emulator/requestLog.ts";
import type { NameWorld } from "../dns/index.ts";
import type { RunningService } from "../shared/service.ts";
import type { Address } from "../slot.ts";
import type { OriginLimits } from "./attempt.ts";
import { EdgeBadDays } from "./badDays.ts";
import { EdgeCache } from "./cache.ts";
import { openDoors, type EdgeCertificate, type EdgeListener } from "./doors.ts";
import { EdgeProxy } from "./proxy.ts";
import { OriginPools, type OriginTrust } from "./pools.ts";

export interface EdgeOptions {
  readonly listeners: readonly EdgeListener[];
  /** Shown by the name that a visitor asks for; the first one to those who name none. */
  readonly certificates: readonly EdgeCertificate[];
  /** Names, zones and the edge's own addresses, as DNS has them too. */
  readonly world: NameWorld;
  readonly trust: OriginTrust;
  /** Addresses that origins see. @default the system's choice */
  readonly source?: Address;
  /** The edge's own name: `/` there says what this is. */
  readonly name: string;
  /** Folder for the request log (`edge.jsonl`). */
  readonly logs: string;
  /** @default ports 80 and 443, 19 s to connect, 100 s for the handshake and as long for the answer */
  readonly limits?: Partial<OriginLimits>;
}

export interface EdgeService extends RunningService {
  /** Ports really bound, in the order of the listeners. */
  readonly ports: readonly { readonly http: number; readonly https: number }[];
}

/**
 * Starts the edge: what stands where Cloudflare's proxy would.
 *
 * Controls: `cache {seconds?, path?}`, `challenge {path?}`, `rateLimit {requests, windowSeconds?}`, `outage {status?}`, `drop`,
 * `slow {milliseconds}` (each with `host?`), `restore`, `show`.
 */
export async function startEdge(options: EdgeOptions): Promise<EdgeService> {
  const log = openRequestLog(options.logs, "edge");
  const cache = new EdgeCache();
  const badDays = new EdgeBadDays(Date.now, () => cache.clear());
  const pools = new OriginPools(options.trust, options.source);
  const limits = {
    ports: { http: 80, https: 443 },
    connectMilliseconds: 19_000,
    answerMilliseconds: 100_000,
    freshMilliseconds: 2000,
    ...options.limits,
  };
  const edge = new EdgeProxy(options, { pools, limits }, badDays, cache, log);
  const doors = await openDoors(options.listeners, options.certificates, options.world.zones, {
    request: (message, response, encrypted) => void edge.request(message, response, encrypted),
    upgrade: (message, socket, head, encrypted) => void edge.upgrade(message, socket, head, encrypted),
  });
  return {
    ports: doors.ports,
    controls: badDays.controls,
    close: async () => {
      await doors.close();
      pools.close();
      log.close();
    },
  };
}
