import { completed, seen } from "../model/answer.ts";
import { wholeBody } from "../model/body.ts";
import { ask, importParts, look, segment } from "../model/resource.ts";
import type { Model } from "../model/resource.ts";
import { flag, text } from "../model/schema.ts";
import type { Attributes } from "../model/schema.ts";
import { field } from "../model/value.ts";
import type { Fields } from "../model/value.ts";

/** terraform-provider-cloudflare v5.22.0 `internal/services/authenticated_origin_pulls_settings/{schema,model}.go`. */
const attributes: Attributes = {
  id: text("computed", { own: true, stays: true }),
  zoneId: text("required", { inUrl: true, replaces: true }),
  enabled: flag("required"),
};

const address = (settings: Fields): string => `zones/${segment(settings, "zoneId")}/origin_tls_client_auth/settings`;
const identified = (settings: Fields): Fields => ({ ...settings, id: field(settings, "zoneId") });

/** The zone-wide switch of authenticated origin pulls: PUT and GET; nothing is done to delete it. */
export const originPulls: Model = {
  token: "cloudflare:index/authenticatedOriginPullsSettings:AuthenticatedOriginPullsSettings",
  attributes,
  creationWarning:
    "the switch of authenticated origin pulls cannot be deleted: destroying this resource will leave it at Cloudflare as it is then",
  located(importId) {
    const [zoneId = ""] = importParts(importId, "<zone_id>");
    return { zoneId };
  },
  async create(planned, reach) {
    const answer = await ask(reach, { method: "PUT", path: address(planned), body: wholeBody(attributes, planned) });
    return identified(completed(attributes, planned, answer));
  },
  async update(planned, state, reach) {
    const answer = await ask(reach, { method: "PUT", path: address(planned), body: wholeBody(attributes, planned, state) });
    return identified(completed(attributes, planned, answer));
  },
  async read(state, reach) {
    const found = await look(reach, address(state));
    return found === null ? null : identified(seen(attributes, state, found.answer));
  },
};
