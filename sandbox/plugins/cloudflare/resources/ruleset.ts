import { completed, seen } from "../model/answer.ts";
import { wholeBody } from "../model/body.ts";
import { identifier, notEmpty, oneOf } from "../model/check.ts";
import { ask, importParts, look, segment } from "../model/resource.ts";
import type { Model } from "../model/resource.ts";
import { list, text, time } from "../model/schema.ts";
import type { Attributes } from "../model/schema.ts";
import { field, isFields, isList, unknownValue } from "../model/value.ts";
import type { Fields, Value } from "../model/value.ts";
import { queryStringLists } from "./cacheSettings.ts";
import { phases } from "./phase.ts";
import { rule } from "./rule.ts";

/** terraform-provider-cloudflare v5.22.0 `internal/services/ruleset/{schema,model}.go`. Rulesets of accounts (`accountId`) are refused. */
const attributes: Attributes = {
  id: text("computed", { stays: true }),
  zoneId: text("required", { inUrl: true, replaces: true, check: identifier }),
  kind: text("required", { replaces: true, check: oneOf("managed", "custom", "root", "zone") }),
  name: text("required", { replaces: true, check: notEmpty }),
  phase: text("required", { replaces: true, check: oneOf(...phases) }),
  description: text("computedOptional", { initial: "" }),
  rules: list("computedOptional", rule, { initial: [], whenMissing: [] }),
  lastUpdated: time("computed"),
  version: text("computed"),
};

const collection = (ruleset: Fields): string => `zones/${segment(ruleset, "zoneId")}/rulesets`;
const item = (ruleset: Fields): string => `${collection(ruleset)}/${segment(ruleset, "id")}`;

/** The rules of one phase of a zone: POST, PUT, GET and DELETE of `/zones/{zone}/rulesets`. An update sends all rules. */
export const ruleset: Model = {
  token: "cloudflare:index/ruleset:Ruleset",
  attributes,
  adjust: adjustRuleset,
  located(importId) {
    const [kind = "", zoneId = "", id = ""] = importParts(importId, "zones/<zone_id>/<ruleset_id>");
    if (kind !== "zones")
      throw new Error(`invalid ID: only "zones/<zone_id>/<ruleset_id>" is known to this plugin; got ${JSON.stringify(importId)}`);
    return { zoneId, id };
  },
  async create(planned, reach) {
    const answer = await ask(reach, { method: "POST", path: collection(planned), body: wholeBody(attributes, planned) });
    return completed(attributes, planned, queryStringLists(answer));
  },
  async update(planned, state, reach) {
    const answer = await ask(reach, { method: "PUT", path: item(planned), body: wholeBody(attributes, planned, state) });
    return completed(attributes, planned, queryStringLists(answer));
  },
  async read(state, reach) {
    const found = await look(reach, item(state));
    return found === null ? null : seen(attributes, state, queryStringLists(found.answer));
  },
  async remove(state, reach) {
    await ask(reach, { method: "DELETE", path: item(state) });
  },
};

/** A rule keeps its id by its `ref`, and what the API filled in as its logging as long as its action is the same (`ModifyPlan` upstream). */
function adjustRuleset(planned: Fields, state: Fields | null): Fields {
  const rules = field(planned, "rules");
  const before = field(state, "rules");
  if (!isList(rules) || !isList(before)) return planned;
  const byRef = new Map(before.filter(isFields).map((each) => [field(each, "ref"), each]));
  const adjusted = rules.map((each): Value => {
    const ref = isFields(each) ? field(each, "ref") : null;
    const old = typeof ref === "string" && ref !== "" ? byRef.get(ref) : undefined;
    if (old === undefined || !isFields(each)) return each;
    const sameAction = field(each, "action") === field(old, "action");
    return {
      ...each,
      ...(field(each, "id") === unknownValue ? { id: field(old, "id") } : {}),
      ...(field(each, "logging") === unknownValue && sameAction ? { logging: field(old, "logging") } : {}),
    };
  });
  return { ...planned, rules: adjusted };
}
