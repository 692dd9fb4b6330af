import { isIP, isIPv4, isIPv6 } from "node:net";
import { automaticTtl } from "../../../components/edge/schema.ts";
import { HostName } from "../../../contract/index.ts";
import { seen, type Fault, type PathSegment } from "../fault.ts";
import { type Draft, faultAt, isWritten, members, type Rule } from "./draft.ts";
import type { StackInput } from "../schema.ts";

type Edge = NonNullable<NonNullable<Draft<StackInput>["edge"]>>;
type Record = Extract<NonNullable<Edge["records"]>[number], object>;

/** Records lie in the zone, say an address of their own family, and do not contradict each other. */
export const edgeRecords: Rule = function* ({ settings }) {
  const { zoneName, records } = settings.edge ?? {};
  const before = new Map<string, number>();
  for (const [index, record] of members(records)) {
    const path = ["edge", "records", index] as const;
    const { name, type } = record;
    if (name !== undefined && zoneName !== undefined && name !== zoneName && !name.endsWith(`.${zoneName}`))
      yield faultAt(
        [...path, "name"],
        `must be inside the zone ${zoneName}, got ${seen(name)}`,
        "write the full domain name, or correct edge.zoneName",
      );
    if (record.proxied !== false && record.ttl !== undefined && record.ttl !== automaticTtl)
      yield faultAt(
        [...path, "ttl"],
        `must be ${automaticTtl} (automatic) on a proxied record, got ${record.ttl}`,
        'remove it, or say "proxied: false"',
      );
    yield* contentFaults(record, path, settings.host?.address);
    if (name === undefined || type === undefined) continue;
    const earlier = before.get(`${name} ${type}`) ?? (type === "CNAME" ? undefined : before.get(`${name} CNAME`));
    const clash = earlier ?? (type === "CNAME" ? (before.get(`${name} A`) ?? before.get(`${name} AAAA`)) : undefined);
    if (clash !== undefined)
      yield faultAt(
        [...path, "name"],
        `clashes with edge.records[${clash}]: one ${type} record per name, and no other beside a CNAME, got ${seen(name)}`,
        "remove one of the two",
      );
    else before.set(`${name} ${type}`, index);
  }
};

function* contentFaults(record: Record, path: readonly PathSegment[], hostAddress: string | undefined): Iterable<Fault> {
  const { type, content } = record;
  const at = [...path, "content"];
  if (type === undefined) return;
  if (type === "CNAME") {
    if (!isWritten(record, "content")) yield faultAt(at, "is missing: a CNAME points at a name", "add the full domain name it points at");
    else if (content !== undefined && !HostName.safeParse(content).success)
      yield faultAt(at, `must be a full domain name, got ${seen(content)}`, "write the name the record points at");
    else if (content !== undefined && content === record.name)
      yield faultAt(at, `is the record's own name: ${seen(content)}`, "write the name the record points at");
    return;
  }
  const fits = type === "A" ? isIPv4 : isIPv6;
  const family = type === "A" ? "an IPv4 address" : "an IPv6 address";
  if (content !== undefined) {
    if (!fits(content)) yield faultAt(at, `must be ${family} for type ${type}, got ${seen(content)}`, "correct the address or the type");
  } else if (!isWritten(record, "content") && hostAddress !== undefined && !fits(hostAddress)) {
    const what = isIP(hostAddress) === 0 ? "a name" : `no ${family.slice(3)}`;
    yield faultAt(
      at,
      `is missing, and host.address, which it would take, is ${what}: ${seen(hostAddress)}`,
      `add ${family}, or change the type`,
    );
  }
}

/** What a zone has only one of belongs to the stack that owns the zone. */
export const edgeOwnership: Rule = function* ({ settings }) {
  const { edge } = settings;
  if (edge === undefined) return;
  if (edge.zone === "own" && !isWritten(edge, "zoneSettings"))
    yield faultAt(
      ["edge", "zoneSettings"],
      'is missing: a stack with "zone: own" says how the zone speaks TLS',
      'add "zoneSettings: {}" for the defaults',
    );
  if (edge.zone === "own") return;
  for (const key of ["zoneSettings", "firewallRules"] as const) {
    if (isWritten(edge, key))
      yield faultAt(
        ["edge", key],
        `must not stand here with "zone: share", got ${seen(edge[key])}`,
        'move it to the one stack with "zone: own"',
      );
  }
};

/** Rules of the zone are told apart by `ref`, and say which hosts they are for: other stacks share the zone. */
export const firewallRules: Rule = function* ({ settings }) {
  const references = new Map<string, number>();
  for (const [index, rule] of members(settings.edge?.firewallRules)) {
    const path = ["edge", "firewallRules", index] as const;
    const earlier = rule.ref === undefined ? undefined : references.get(rule.ref);
    if (earlier !== undefined)
      yield faultAt([...path, "ref"], `is that of edge.firewallRules[${earlier}] too: ${seen(rule.ref)}`, "give each rule its own");
    else if (rule.ref !== undefined) references.set(rule.ref, index);
    if (rule.expression !== undefined && !/\bhttp\.host\b/.test(rule.expression))
      yield faultAt(
        [...path, "expression"],
        `must name the hosts it is for, got ${seen(rule.expression)}`,
        'begin it with http.host eq "…" and',
      );
  }
};
