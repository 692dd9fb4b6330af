import type { DnsRecord, Zone } from "./state.ts";

interface Index {
  readonly byName: ReadonlyMap<string, readonly DnsRecord[]>;
  /** Names that exist because something exists below them, too (RFC 4592 calls them empty non-terminals). */
  readonly existing: ReadonlySet<string>;
}

/** Every change replaces a zone's array of records, so the array is a safe key and an index is never stale. */
const indexes = new WeakMap<readonly DnsRecord[], Index>();

/** What a zone says about a name. `exists` is false only where a resolver would say NXDOMAIN. */
export interface NameMatch {
  readonly exists: boolean;
  readonly records: readonly DnsRecord[];
}

/** Finds the records that answer for `name` (lower case, no final dot), wildcards included, as RFC 4592 tells. */
export function matchName(zone: Zone, name: string): NameMatch {
  const index = indexOf(zone);
  if (index.existing.has(name)) return { exists: true, records: index.byName.get(name) ?? [] };
  // The wildcard of the closest existing ancestor, and no other one, stands for the name.
  let parent = parentOf(name);
  while (parent !== zone.name && !index.existing.has(parent)) parent = parentOf(parent);
  const records = index.byName.get(`*.${parent}`);
  return records === undefined ? { exists: false, records: [] } : { exists: true, records };
}

/** Whether `name` is the zone's own name or lies below it. */
export function isInZone(name: string, zoneName: string): boolean {
  return name === zoneName || name.endsWith(`.${zoneName}`);
}

function indexOf(zone: Zone): Index {
  const known = indexes.get(zone.records);
  if (known !== undefined) return known;
  const byName = new Map<string, DnsRecord[]>();
  const existing = new Set<string>([zone.name]);
  for (const record of zone.records) {
    const sameName = byName.get(record.name);
    if (sameName === undefined) byName.set(record.name, [record]);
    else sameName.push(record);
    for (let name = record.name; name !== zone.name; name = parentOf(name)) existing.add(name);
  }
  const index = { byName, existing };
  indexes.set(zone.records, index);
  return index;
}

function parentOf(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}
