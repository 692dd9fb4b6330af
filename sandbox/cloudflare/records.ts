import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { JsonReply } from "./emulator/jsonServer.ts";
import { failure, succeed } from "./envelope.ts";
import { pageOf, parseBody, type Call } from "./call.ts";
import { checkConflicts, normalizeRecord, recordBody, type RecordBody, type RecordInput } from "./recordInput.ts";
import type { DnsRecord, Zone } from "./state.ts";

/** Query parameters of the list that the emulator knows. */
export const recordListParameters = [
  "name",
  "name.exact",
  "name.contains",
  "name.startswith",
  "name.endswith",
  "content",
  "content.exact",
  "content.contains",
  "content.startswith",
  "content.endswith",
  "type",
  "proxied",
  "comment",
  "comment.exact",
  "comment.contains",
  "match",
  "order",
  "direction",
  "page",
  "per_page",
] as const;

export async function createRecord(call: Call): Promise<JsonReply> {
  const input = normalizeRecord(parseBody(recordBody, call.body), call.zone.name);
  checkConflicts(input, call.zone.records);
  const now = new Date().toISOString();
  const record: DnsRecord = {
    id: randomBytes(16).toString("hex"),
    ...input,
    meta: {},
    created_on: now,
    modified_on: now,
    ...commented(input, now),
  };
  await call.store.change(call.zone.id, { records: [...call.zone.records, record] });
  return succeed(record);
}

/** PUT: the body is the whole record. */
export function overwriteRecord(call: Call): Promise<JsonReply> {
  return replaceRecord(call, parseBody(recordBody, call.body));
}

/** PATCH: what the body leaves out stays. */
export function editRecord(call: Call): Promise<JsonReply> {
  const before = recordOf(call);
  // Not `recordBody.partial()` alone: its defaults would turn "not given" into a value.
  const given = typeof call.body === "object" && call.body !== null ? Object.keys(call.body) : [];
  const part = parseBody(recordBody.partial(), call.body);
  const changed = Object.fromEntries(Object.entries(part).filter(([key]) => given.includes(key)));
  const whole = parseBody(recordBody, { ...asBody(before), ...changed });
  return replaceRecord(call, whole);
}

export async function deleteRecord(call: Call): Promise<JsonReply> {
  const record = recordOf(call);
  await call.store.change(call.zone.id, { records: call.zone.records.filter((other) => other !== record) });
  return succeed({ id: record.id });
}

export function getRecord(call: Call): JsonReply {
  return succeed(recordOf(call));
}

export function listRecords(call: Call): JsonReply {
  const filters = [...call.query].filter(([key]) => !["match", "order", "direction", "page", "per_page"].includes(key));
  const tests = filters.map(
    ([key, value]) =>
      (record: DnsRecord) =>
        matches(record, key, value),
  );
  const any = choice(call, "match", ["any", "all"], "all") === "any" && tests.length > 0;
  const found = call.zone.records.filter((record) => (any ? tests.some((test) => test(record)) : tests.every((test) => test(record))));
  const order = choice(call, "order", ["type", "name", "content", "ttl", "proxied"], "name");
  const sign = choice(call, "direction", ["asc", "desc"], "asc") === "asc" ? 1 : -1;
  const sorted = found.toSorted((one, other) => sign * compare(one[order], other[order]) || compare(one.id, other.id));
  return pageOf(call, sorted, { perPage: 100, limit: 5_000_000 });
}

async function replaceRecord(call: Call, body: RecordBody): Promise<JsonReply> {
  const before = recordOf(call);
  const input = normalizeRecord(body, call.zone.name);
  const others = call.zone.records.filter((record) => record !== before);
  checkConflicts(input, others);
  const now = new Date().toISOString();
  const comment = input.comment === before.comment ? keepCommentTime(before) : commented(input, now);
  const after: DnsRecord = { id: before.id, ...input, meta: {}, created_on: before.created_on, modified_on: now, ...comment };
  await call.store.change(call.zone.id, { records: call.zone.records.map((record) => (record === before ? after : record)) });
  return succeed(after);
}

function recordOf(call: Call): DnsRecord {
  const record = (call.zone satisfies Zone).records.find(({ id }) => id === call.params["record"]);
  if (record === undefined) throw failure(404, 81044, "Record does not exist.");
  return record;
}

function asBody(record: DnsRecord): z.input<typeof recordBody> {
  const { name, type, content, ttl, proxied, priority, comment, tags, settings } = record;
  return { name, type, content, ttl, proxied, comment, tags, settings, ...(priority === undefined ? {} : { priority }) };
}

function matches(record: DnsRecord, key: string, wanted: string): boolean {
  if (key === "proxied") return String(record.proxied) === wanted;
  if (key === "type") return record.type === wanted;
  const [field = "", how = "exact"] = key.split(".", 2);
  const value = (record[field as "name" | "content" | "comment"] ?? "").toLowerCase();
  const text = wanted.toLowerCase();
  if (how === "contains") return value.includes(text);
  if (how === "startswith") return value.startsWith(text);
  return how === "endswith" ? value.endsWith(text) : value === text;
}

function choice<Value extends string>(call: Call, name: string, values: readonly Value[], initial: Value): Value {
  const given = call.query.get(name);
  if (given === null) return initial;
  const value = values.find((known) => known === given);
  if (value === undefined) throw failure(400, 9207, `Invalid value for ${name}: must be one of ${values.join(", ")}.`);
  return value;
}

function compare(one: string | number | boolean, other: string | number | boolean): number {
  if (typeof one === "string" && typeof other === "string") return one < other ? -1 : one > other ? 1 : 0;
  return Number(one) - Number(other);
}

function commented(input: RecordInput, now: string): Pick<DnsRecord, "comment_modified_on"> {
  return input.comment === null ? {} : { comment_modified_on: now };
}

function keepCommentTime(record: DnsRecord): Pick<DnsRecord, "comment_modified_on"> {
  return record.comment_modified_on === undefined ? {} : { comment_modified_on: record.comment_modified_on };
}
