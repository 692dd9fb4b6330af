import type { Answer, RecordType } from "dns-packet";
import { matchName } from "../cloudflare/lookup.ts";
import type { DnsRecord, Zone } from "../cloudflare/state.ts";
import type { NameWorld } from "./world.ts";

/** Numbers of RFC 1035. */
export const responseCodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

export interface DnsAnswer {
  readonly code: keyof typeof responseCodes;
  readonly answers: readonly Answer[];
  /** The SOA that tells a resolver how long it may remember a "no". */
  readonly authorities: readonly Answer[];
}

/** Seconds, as Cloudflare answers for "automatic". */
const automaticTtl = 300;
const staticTtl = 60;
/** A chain of CNAMEs longer than this is a loop. */
const chainLimit = 8;
const addressTypes: readonly string[] = ["A", "AAAA"];

/**
 * What the slot's name server says to one question. Authoritative for `.test`, refuses everything else: a server in the sandbox must find
 * out at once that there is no way out.
 */
export function answerQuestion(
  world: NameWorld,
  question: { readonly name: string; readonly type: string },
  negativeTtl: number,
): DnsAnswer {
  const name = question.name.toLowerCase().replace(/\.$/, "");
  if (name !== "test" && !name.endsWith(".test")) return { code: "REFUSED", answers: [], authorities: [] };
  const { type } = question;
  if (type === "ANY" || type === "AXFR" || type === "IXFR") return { code: "NOTIMP", answers: [], authorities: [] };
  const answers: Answer[] = [];
  let current = name;
  for (let step = 0; step < chainLimit; step += 1) {
    const found = lookUp(world, current, type);
    answers.push(...found.answers.map((answer) => ({ ...answer, name: step === 0 ? question.name : answer.name })));
    if (found.target === undefined) {
      const code = found.exists ? "NOERROR" : "NXDOMAIN";
      const complete = found.answers.length > 0;
      return { code, answers, authorities: complete ? [] : [startOfAuthority(world, current, negativeTtl)] };
    }
    current = found.target;
    // The rest of the chain is somebody else's to answer.
    if (!current.endsWith(".test")) return { code: "NOERROR", answers, authorities: [] };
  }
  return { code: "SERVFAIL", answers: [], authorities: [] };
}

/** The answer that a switch makes of a name that exists: it does not, and may be remembered for `ttl` seconds. */
export function denyName(world: NameWorld, name: string, ttl: number): DnsAnswer {
  return { code: "NXDOMAIN", answers: [], authorities: [startOfAuthority(world, name.toLowerCase(), ttl)] };
}

interface Found {
  readonly exists: boolean;
  readonly answers: readonly Answer[];
  /** Where a CNAME leads, when that and not the record itself was wanted. */
  readonly target?: string;
}

function lookUp(world: NameWorld, name: string, type: string): Found {
  const zone = world.zones.zoneOf(name);
  if (zone !== undefined) return lookUpZone(world, zone, name, type);
  const pair = world.names(name);
  if (pair !== undefined) return { exists: true, answers: addresses(name, type, pair, staticTtl) };
  if (type === "SOA" && (name === "test" || name === "terrace.test")) return { exists: true, answers: [startOfAuthority(world, name, 60)] };
  return { exists: name === "test" || name === "terrace.test", answers: [] };
}

function lookUpZone(world: NameWorld, zone: Zone, name: string, type: string): Found {
  if (name === zone.name && type === "SOA") return { exists: true, answers: [startOfAuthority(world, name, 1800)] };
  if (name === zone.name && type === "NS") {
    return { exists: true, answers: ["ada", "kip"].map((host) => ({ name, type: "NS", ttl: 86_400, data: `${host}.ns.terrace.test` })) };
  }
  const match = matchName(zone, name);
  const proxied = match.records.filter((record) => record.proxied);
  if (proxied.length > 0 && (addressTypes.includes(type) || type === "CNAME")) {
    return {
      exists: true,
      answers: proxied.some((record) => servesFamily(world, zone, record, type)) ? addresses(name, type, world.edge, automaticTtl) : [],
    };
  }
  const [alias] = match.records.filter((record) => record.type === "CNAME" && !record.proxied);
  if (alias !== undefined && type !== "CNAME") return { exists: true, answers: [answerOf(name, alias)], target: alias.content };
  return { exists: match.exists, answers: match.records.filter((record) => record.type === type).map((record) => answerOf(name, record)) };
}

/** A proxied name has both families, whatever the origin has, unless the zone or the record says otherwise. */
function servesFamily(world: NameWorld, zone: Zone, record: DnsRecord, type: string): boolean {
  if (type === "A") return record.settings.ipv6_only !== true;
  return type === "AAAA" && record.settings.ipv4_only !== true && world.zones.setting(zone, "ipv6") === "on";
}

function addresses(name: string, type: string, pair: { readonly ipv4: string; readonly ipv6: string }, ttl: number): readonly Answer[] {
  if (type === "A") return [{ name, type: "A", ttl, data: pair.ipv4 }];
  return type === "AAAA" ? [{ name, type: "AAAA", ttl, data: pair.ipv6 }] : [];
}

function answerOf(name: string, record: DnsRecord): Answer {
  const ttl = record.ttl === 1 ? automaticTtl : record.ttl;
  if (record.type === "MX") return { name, type: "MX", ttl, data: { preference: record.priority ?? 0, exchange: record.content } };
  // One character-string holds 255 bytes; longer text goes in several.
  if (record.type === "TXT")
    return {
      name,
      type: "TXT",
      ttl,
      data:
        Buffer.from(record.content)
          .toString("latin1")
          .match(/.{1,255}/gs)
          ?.map((part) => Buffer.from(part, "latin1")) ?? [],
    };
  return { name, type: record.type satisfies RecordType, ttl, data: record.content };
}

function startOfAuthority(world: NameWorld, name: string, minimum: number): Answer {
  const zone = world.zones.zoneOf(name)?.name ?? (name === "terrace.test" || name.endsWith(".terrace.test") ? "terrace.test" : "test");
  const data = {
    mname: "ada.ns.terrace.test",
    rname: "dns.terrace.test",
    serial: 1,
    refresh: 10_000,
    retry: 2400,
    expire: 604_800,
    minimum,
  };
  return { name: zone, type: "SOA", ttl: minimum, data };
}
