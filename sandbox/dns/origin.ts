import { matchName } from "../cloudflare/lookup.ts";
import type { DnsRecord } from "../cloudflare/state.ts";
import type { NameWorld } from "./world.ts";

/** The proxied record that answers for a host name, and the addresses its origin has; no addresses when a CNAME leads nowhere. */
export interface Origin {
  readonly record: DnsRecord;
  readonly addresses: readonly string[];
}

/** Finds where the edge must go for `host` (lower case), or `undefined` when no proxied record answers for it. */
export function originOf(world: NameWorld, host: string): Origin | undefined {
  const zone = world.zones.zoneOf(host);
  if (zone === undefined) return undefined;
  const proxied = matchName(zone, host).records.filter((record) => record.proxied);
  const [record] = proxied;
  return record === undefined ? undefined : { record, addresses: proxied.flatMap((each) => contentAddresses(world, each, 0)) };
}

function contentAddresses(world: NameWorld, record: DnsRecord, depth: number): readonly string[] {
  if (record.type === "A" || record.type === "AAAA") return [record.content];
  if (record.type !== "CNAME" || depth > 8) return [];
  const zone = world.zones.zoneOf(record.content);
  if (zone !== undefined) return matchName(zone, record.content).records.flatMap((next) => contentAddresses(world, next, depth + 1));
  const pair = world.names(record.content);
  return pair === undefined ? [] : [pair.ipv4, pair.ipv6];
}
