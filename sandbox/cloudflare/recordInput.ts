import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import { failure, unknownHere } from "./envelope.ts";
import { isInZone } from "./lookup.ts";
import { recordTypes, type DnsRecord, type RecordType } from "./state.ts";

/** The body of POST and PUT; PATCH takes any part of it. */
export const recordBody = z.strictObject({
  name: z.string(),
  type: z.string(),
  content: z.string(),
  ttl: z.number().default(1),
  proxied: z.boolean().default(false),
  priority: z.number().optional(),
  comment: z.string().nullable().default(null),
  tags: z.array(z.string()).default([]),
  settings: z
    .strictObject({ ipv4_only: z.boolean().nullish(), ipv6_only: z.boolean().nullish(), flatten_cname: z.boolean().nullish() })
    .nullish()
    .transform((settings) => Object.fromEntries(Object.entries(settings ?? {}).filter(([, value]) => typeof value === "boolean"))),
});
export type RecordBody = z.infer<typeof recordBody>;

/** The part of a record that a request decides. */
export type RecordInput = Pick<
  DnsRecord,
  "name" | "type" | "content" | "ttl" | "proxied" | "proxiable" | "priority" | "comment" | "tags" | "settings"
>;

const proxiableTypes: readonly RecordType[] = ["A", "AAAA", "CNAME"];
/** One label; an underscore may stand anywhere, a star only as the first label. */
const labelPattern = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Turns a request's body into a record of `zoneName`, or throws Cloudflare's error for it. */
export function normalizeRecord(body: RecordBody, zoneName: string): RecordInput {
  const type = recordTypes.find((known) => known === body.type);
  if (type === undefined) throw unknownHere(`DNS record type ${JSON.stringify(body.type)}; known are ${recordTypes.join(", ")}`);
  const name = fullName(body.name, zoneName);
  const proxiable = proxiableTypes.includes(type);
  if (body.proxied && !proxiable) throw failure(400, 9004, "This record type cannot be proxied.");
  if (body.ttl !== 1 && (!Number.isInteger(body.ttl) || body.ttl < 60 || body.ttl > 86_400)) {
    throw failure(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.");
  }
  if (type === "MX" && (!Number.isInteger(body.priority) || Number(body.priority) < 0 || Number(body.priority) > 65_535)) {
    throw failure(400, 9100, "priority is a required field for MX records, a number from 0 to 65535.");
  }
  if (body.tags.length > 0) throw failure(400, 9300, `DNS record has ${body.tags.length} tags, exceeding the quota of 0.`);
  if ((body.comment ?? "").length > 100) throw failure(400, 9313, "DNS record comment exceeds the limit of 100 characters.");
  return {
    name,
    type,
    content: contentOf(type, body.content, name),
    // A proxied record's TTL is always automatic, whatever was asked for.
    ttl: body.proxied ? 1 : body.ttl,
    proxied: body.proxied,
    proxiable,
    ...(type === "MX" ? { priority: Number(body.priority) } : {}),
    comment: body.comment === "" ? null : body.comment,
    tags: [],
    settings: body.settings,
  };
}

/** Throws when `input` cannot stand beside `others`, the zone's other records. */
export function checkConflicts(input: RecordInput, others: readonly DnsRecord[]): void {
  const sameName = others.filter((record) => record.name === input.name);
  if (sameName.some((record) => record.type === input.type && record.content === input.content && record.priority === input.priority)) {
    throw failure(400, 81058, "An identical record already exists.");
  }
  if (input.type === "CNAME" && sameName.some((record) => proxiableTypes.includes(record.type))) {
    throw failure(400, 81053, "An A, AAAA, or CNAME record with that host already exists.");
  }
  if ((input.type === "A" || input.type === "AAAA") && sameName.some((record) => record.type === "CNAME")) {
    throw failure(400, 81054, "A CNAME record with that host already exists.");
  }
}

/**
 * The full name that Cloudflare stores. It takes `@` and names relative to the zone; a dotted name outside the zone it would append to the
 * zone. The emulator refuses that one: nobody means `app.example.com.truealpha.test`.
 */
function fullName(given: string, zoneName: string): string {
  const name = given.toLowerCase().replace(/\.$/, "");
  const full = name === "@" ? zoneName : name.includes(".") ? name : isInZone(name, zoneName) ? name : `${name}.${zoneName}`;
  const labels = full.split(".");
  const valid = labels.every((label, index) => labelPattern.test(label) || (label === "*" && index === 0));
  if (!valid || full.length > 253) throw failure(400, 9000, "DNS name is invalid.");
  if (!isInZone(full, zoneName)) throw failure(400, 9000, `DNS name is invalid: ${full} is not in the zone ${zoneName}.`);
  return full;
}

function contentOf(type: RecordType, given: string, name: string): string {
  switch (type) {
    case "A":
      if (!isIPv4(given)) throw failure(400, 9005, "Content for A record must be a valid IPv4 address.");
      return given;
    case "AAAA":
      if (!isIPv6(given) || given.includes("%")) throw failure(400, 9006, "Content for AAAA record must be a valid IPv6 address.");
      return canonicalIpv6(given);
    case "CNAME":
    case "MX": {
      const target = given.toLowerCase().replace(/\.$/, "");
      if (!target.split(".").every((label) => labelPattern.test(label)) || isIPv4(target)) {
        throw failure(400, type === "CNAME" ? 9007 : 9009, `Content for ${type} record is invalid.`);
      }
      if (type === "CNAME" && target === name) throw failure(400, 9039, "CNAME content cannot reference itself.");
      return target;
    }
    case "TXT":
      if (given === "" || given.length > 2048) throw failure(400, 9108, "Content for TXT record must have 1 to 2048 characters.");
      return given;
  }
}

/** The shortest form (RFC 5952), as Cloudflare gives it back; Node has it in its URL parser only. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
