import { completed, seen } from "../model/answer.ts";
import { changedBody, wholeBody } from "../model/body.ts";
import { ask, importParts, look, segment } from "../model/resource.ts";
import type { Model } from "../model/resource.ts";
import { any, flag, number, text, time } from "../model/schema.ts";
import type { Attributes } from "../model/schema.ts";
import { field } from "../model/value.ts";
import type { Fields } from "../model/value.ts";

/** terraform-provider-cloudflare v5.22.0 `internal/services/zone_setting/{schema,model}.go`. */
const attributes: Attributes = {
  id: text("computed", { own: true, stays: true }),
  settingId: text("required", { inUrl: true, replaces: true }),
  zoneId: text("required", { inUrl: true, replaces: true }),
  value: any("required"),
  enabled: flag("computedOptional"),
  editable: flag("computed"),
  modifiedOn: time("computed"),
  timeRemaining: number("computed"),
};

const address = (setting: Fields): string => `zones/${segment(setting, "zoneId")}/settings/${segment(setting, "settingId")}`;
const identified = (setting: Fields): Fields => ({ ...setting, id: field(setting, "settingId") });

/** A setting of a zone: it is always there, so create and update are both PATCH, and nothing is done to delete it. */
export const zoneSetting: Model = {
  token: "cloudflare:index/zoneSetting:ZoneSetting",
  attributes,
  creationWarning: "a zone setting cannot be deleted: destroying this resource will leave the setting at Cloudflare as it is then",
  located(importId) {
    const [zoneId = "", settingId = ""] = importParts(importId, "<zone_id>/<setting_id>");
    return { zoneId, settingId };
  },
  async create(planned, reach) {
    const answer = await ask(reach, { method: "PATCH", path: address(planned), body: wholeBody(attributes, planned) });
    return identified(completed(attributes, planned, answer));
  },
  async update(planned, state, reach) {
    const answer = await ask(reach, { method: "PATCH", path: address(planned), body: changedBody(attributes, planned, state) });
    return identified(completed(attributes, planned, answer));
  },
  async read(state, reach) {
    const found = await look(reach, address(state));
    return found === null ? null : identified(seen(attributes, state, found.answer));
  },
};
