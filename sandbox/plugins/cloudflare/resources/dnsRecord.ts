import { completed, seen } from "../model/answer.ts";
import { wholeBody } from "../model/body.ts";
import { atMostOne, between, oneOf } from "../model/check.ts";
import { ask, importParts, look, segment } from "../model/resource.ts";
import type { Model } from "../model/resource.ts";
import { flag, json, number, object, set, text, time } from "../model/schema.ts";
import type { Attributes } from "../model/schema.ts";
import { field, shown } from "../model/value.ts";
import type { Fields } from "../model/value.ts";
import { dnsRecordData } from "./dnsRecordData.ts";
import { adjustDnsRecord, recordTypes, settingsInState } from "./dnsRecordPlan.ts";

/** terraform-provider-cloudflare v5.22.0 `internal/services/dns_record/{schema,model}.go`. `includeShadowMetadata`, which is newer, is refused. */
const attributes: Attributes = {
  id: text("computed", { stays: true }),
  zoneId: text("required", { inUrl: true, replaces: true }),
  name: text("required"),
  type: text("required", { replaces: true, check: oneOf(...recordTypes) }),
  comment: text("optional"),
  content: text("computedOptional"),
  priority: number("optional", { check: between(0, 65_535) }),
  data: dnsRecordData,
  privateRouting: flag("optional"),
  proxied: flag("computedOptional", { initial: false }),
  ttl: number("required"),
  tags: set("computedOptional", text("required")),
  settings: object("computedOptional", {
    ipv4Only: flag("computedOptional"),
    ipv6Only: flag("computedOptional"),
    flattenCname: flag("computedOptional"),
  }),
  commentModifiedOn: time("computed"),
  createdOn: time("computed"),
  modifiedOn: time("computed"),
  proxiable: flag("computed"),
  tagsModifiedOn: time("computed"),
  meta: json("computed"),
};

const collection = (record: Fields): string => `zones/${segment(record, "zoneId")}/dns_records`;
const item = (record: Fields): string => `${collection(record)}/${segment(record, "id")}`;

/** A DNS record: POST, PUT, GET and DELETE of `/zones/{zone}/dns_records`. */
export const dnsRecord: Model = {
  token: "cloudflare:index/dnsRecord:DnsRecord",
  attributes,
  check: atMostOne("content", "data"),
  adjust: adjustDnsRecord,
  located(importId) {
    const [zoneId = "", id = ""] = importParts(importId, "<zone_id>/<dns_record_id>");
    return { zoneId, id };
  },
  async create(planned, reach) {
    if (field(planned, "proxied") === true && field(planned, "ttl") !== 1) {
      throw new Error(
        `ttl must be set to 1 when \`proxied\` is true: Cloudflare chooses the TTL of proxied records; got ${shown(field(planned, "ttl"))}`,
      );
    }
    const answer = await ask(reach, { method: "POST", path: collection(planned), body: wholeBody(attributes, planned) });
    return settingsInState(completed(attributes, planned, answer));
  },
  async update(planned, state, reach) {
    const answer = await ask(reach, { method: "PUT", path: item(planned), body: wholeBody(attributes, planned, state) });
    return settingsInState(completed(attributes, planned, answer));
  },
  async read(state, reach) {
    const found = await look(reach, item(state));
    return found === null ? null : settingsInState(seen(attributes, state, found.answer));
  },
  async remove(state, reach) {
    await ask(reach, { method: "DELETE", path: item(state) });
  },
};
