import { equal, field, isFields, isList, unknownValue } from "../model/value.ts";
import type { Fields, Value } from "../model/value.ts";

/** Record types that the official provider takes. */
export const recordTypes = [
  ...["A", "AAAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "TXT", "CAA", "CERT", "DNSKEY", "DS"],
  ...["HTTPS", "LOC", "NAPTR", "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "URI"],
] as const;

const settingNames = ["ipv4Only", "ipv6Only", "flattenCname"] as const;

/**
 * What stays when a record changes: names that Cloudflare completed to the full name, the case of a CNAME's target, and every output that a
 * change cannot touch. Without this each preview would show them as unknown. As `ModifyPlan` in terraform-provider-cloudflare v5.22.0
 * (`internal/services/dns_record/custom.go`), without its note of the zone's name, which only tells shortened names apart.
 */
export function adjustDnsRecord(planned: Fields, state: Fields | null): Fields {
  const withDates = (record: Fields): Fields => ({ ...record, ...modificationDates(record, state) });
  if (state === null) return withSettings(withDates(planned));
  const named: Fields = { ...planned, name: plannedName(planned, state), content: plannedContent(planned, state) };
  const changes = hasChanges(named, state);
  const stay = (name: string): Value => (field(named, name) === unknownValue ? field(state, name) : field(named, name));
  const noTags = isEmptyList(field(state, "tags"));
  return withSettings(
    withDates({
      ...named,
      createdOn: stay("createdOn"),
      proxiable: stay("proxiable"),
      meta: stay("meta"),
      modifiedOn: changes ? field(named, "modifiedOn") : stay("modifiedOn"),
      content: field(named, "data") === null ? field(named, "content") : stay("content"),
      settings: plannedSettings(named, state),
      tags: noTags ? stay("tags") : field(named, "tags"),
    }),
  );
}

function plannedName(planned: Fields, state: Fields): Value {
  const wanted = field(planned, "name");
  const have = field(state, "name");
  if (typeof wanted !== "string" || typeof have !== "string") return wanted;
  if (wanted === "@") return have.includes(".") ? have : wanted;
  const [short, full] = [wanted.replace(/\.$/, ""), have.replace(/\.$/, "")];
  return short !== full && full.startsWith(`${short}.`) ? have : wanted;
}

function plannedContent(planned: Fields, state: Fields): Value {
  const wanted = field(planned, "content");
  const have = field(state, "content");
  if (field(planned, "type") !== "CNAME" || typeof wanted !== "string" || typeof have !== "string") return wanted;
  return wanted.toLowerCase() === have.toLowerCase() ? have : wanted;
}

/** Whether Cloudflare will move the record's date. What upstream does not look at (private routing, first settings) is not looked at here. */
function hasChanges(planned: Fields, state: Fields): boolean {
  const differs = (name: string): boolean => !equal(field(planned, name), field(state, name));
  const contentChanged = field(planned, "data") === null && differs("content");
  const tags = field(planned, "tags");
  const noTags = isEmptyList(field(state, "tags"));
  const tagsChanged = tags === unknownValue ? !noTags : !(isEmptyList(tags) && noTags) && differs("tags");
  return (
    contentChanged ||
    tagsChanged ||
    settingsChange(planned, state) ||
    ["name", "type", "ttl", "proxied", "priority", "comment", "data"].some(differs)
  );
}

function settingsChange(planned: Fields, state: Fields): boolean {
  const wanted = field(planned, "settings");
  const have = field(state, "settings");
  if (!isFields(have)) return false;
  if (isFields(wanted) && !saysNothing(wanted)) return !equal(wanted, have);
  return settingNames.some((name) => field(have, name) === true);
}

function plannedSettings(planned: Fields, state: Fields): Value {
  const wanted = field(planned, "settings");
  const have = field(state, "settings");
  if (!isFields(wanted)) return have;
  if (!saysNothing(wanted)) return wanted;
  return isFields(have) && settingNames.some((name) => field(have, name) === true) ? wanted : have;
}

/** `settings: {}`, and what a plan makes of it. */
function saysNothing(settings: Fields): boolean {
  return settingNames.every((name) => [null, unknownValue].includes(field(settings, name) as null));
}

function withSettings(record: Fields): Fields {
  return field(record, "settings") === unknownValue ? record : settingsInState(record);
}

/** For a CNAME the three settings are always there, false where the API says nothing; other types have what the API says. */
export function settingsInState(record: Fields): Fields {
  if (field(record, "type") !== "CNAME") return record;
  const have = field(record, "settings");
  const value = (name: string): Value => {
    const given = isFields(have) ? field(have, name) : null;
    return given === null || given === unknownValue ? false : given;
  };
  return { ...record, settings: Object.fromEntries(settingNames.map((name) => [name, value(name)])) };
}

/** The dates of comment and tags are absent with them, and stay as long as they do. */
function modificationDates(planned: Fields, state: Fields | null): Fields {
  const date = (of: string, name: string, absent: boolean): Value => {
    const value = field(planned, name);
    if (value !== unknownValue) return value;
    if (absent) return null;
    return state !== null && equal(field(planned, of), field(state, of)) ? field(state, name) : value;
  };
  const comment = field(planned, "comment");
  return {
    commentModifiedOn: date("comment", "commentModifiedOn", comment === null || comment === ""),
    tagsModifiedOn: date("tags", "tagsModifiedOn", isEmptyList(field(planned, "tags"))),
  };
}

function isEmptyList(value: Value): boolean {
  return value === null || (isList(value) && value.length === 0);
}
