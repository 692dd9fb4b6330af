import { seen } from "../model/answer.ts";
import { exactlyOne, oneOf } from "../model/check.ts";
import { ask } from "../model/resource.ts";
import type { Reach } from "../model/resource.ts";
import { flag, list, number, object, text, time } from "../model/schema.ts";
import type { Attributes } from "../model/schema.ts";
import { field, isFields, isList, textOf } from "../model/value.ts";
import type { Fields, Value } from "../model/value.ts";
import type { Lookup } from "./lookup.ts";

const statuses = oneOf("initializing", "pending", "active", "moved");
const identified = { id: text("computed"), name: text("computed") };
const texts = list("computed", text("computed"));

const inputs: Attributes = {
  zoneId: text("optional"),
  filter: object("optional", {
    account: object("optional", { id: text("optional"), name: text("optional") }),
    direction: text("optional", { check: oneOf("asc", "desc") }),
    match: text("optional", { check: oneOf("any", "all") }),
    name: text("optional"),
    order: text("optional", { check: oneOf("name", "status", "account.id", "account.name", "plan.id") }),
    status: text("optional", { check: statuses }),
    types: list("optional", text("required", { check: oneOf("full", "partial", "secondary", "internal") })),
  }),
};

/** terraform-provider-cloudflare v5.22.0 `internal/services/zone/data_source{,_model,_schema}.go`. */
const outputs: Attributes = {
  account: object("computed", identified),
  activatedOn: time("computed"),
  cnameSuffix: text("computed"),
  createdOn: time("computed"),
  developmentMode: number("computed"),
  meta: object("computed", {
    cdnOnly: flag("computed"),
    customCertificateQuota: number("computed"),
    dnsOnly: flag("computed"),
    foundationDns: flag("computed"),
    pageRuleQuota: number("computed"),
    phishingDetected: flag("computed"),
    step: number("computed"),
  }),
  modifiedOn: time("computed"),
  name: text("computed"),
  nameServers: texts,
  originalDnshost: text("computed"),
  originalNameServers: texts,
  originalRegistrar: text("computed"),
  owner: object("computed", { ...identified, type: text("computed") }),
  paused: flag("computed"),
  permissions: texts,
  plan: object("computed", {
    ...identified,
    canSubscribe: flag("computed"),
    currency: text("computed"),
    externallyManaged: flag("computed"),
    frequency: text("computed"),
    isSubscribed: flag("computed"),
    legacyDiscount: flag("computed"),
    legacyId: text("computed"),
    price: number("computed"),
  }),
  status: text("computed"),
  tenant: object("computed", identified),
  tenantUnit: object("computed", { id: text("computed") }),
  type: text("computed"),
  vanityNameServers: texts,
  verificationKey: text("computed"),
};

/** One zone, by its id or by a filter that must fit exactly one. */
export const getZone: Lookup = {
  token: "cloudflare:index/getZone:getZone",
  inputs,
  outputs: { ...outputs, id: text("computed", { own: true }), zoneId: text("computed", { own: true }) },
  check: exactlyOne("zoneId", "filter"),
  async invoke(given, reach) {
    const filter = field(given, "filter");
    const zoneId = isFields(filter) ? await theOnlyZone(filter, reach) : textOf(given, "zoneId");
    const answer = await ask(reach, { method: "GET", path: `zones/${encodeURIComponent(zoneId)}` });
    return { ...seen(outputs, {}, answer), id: zoneId, zoneId };
  },
};

async function theOnlyZone(filter: Fields, reach: Reach): Promise<string> {
  const answer = await ask(reach, { method: "GET", path: `zones${query(filter)}` });
  const zones: readonly unknown[] = Array.isArray(answer) ? answer : [];
  if (zones.length !== 1) throw new Error(`failed to find exactly one result: ${zones.length} found`);
  return textOf(seen({ id: text("computed") }, {}, zones[0]), "id");
}

/** Names in the order of the alphabet, nested ones with dots, lists by repetition (cloudflare-go `ZoneListParams.URLQuery`). */
function query(filter: Fields): string {
  const account = field(filter, "account");
  const parameters: Readonly<Record<string, Value>> = {
    "account.id": isFields(account) ? field(account, "id") : null,
    "account.name": isFields(account) ? field(account, "name") : null,
    direction: field(filter, "direction"),
    match: field(filter, "match"),
    name: field(filter, "name"),
    order: field(filter, "order"),
    status: field(filter, "status"),
    type: field(filter, "types"),
  };
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of isList(value) ? value : [value]) if (typeof each === "string") search.append(name, each);
  }
  return search.size === 0 ? "" : `?${search.toString()}`;
}
