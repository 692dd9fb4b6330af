import { identifier, notEmpty, oneOf, wholeBetween } from "../model/check.ts";
import { flag, list, number, object, text } from "../model/schema.ts";
import type { Fault } from "../model/schema.ts";
import { field, isFields, unknownValue } from "../model/value.ts";
import type { Value } from "../model/value.ts";
import { actionOf, actionParameters, actions } from "./actionParameters.ts";

const filled = { check: notEmpty };

const ratelimit = object("optional", {
  characteristics: list("required", text("required"), filled),
  period: number("required", { check: wholeBetween(0, Infinity) }),
  countingExpression: text("optional", filled),
  mitigationTimeout: number("computedOptional"),
  requestsPerPeriod: number("optional", { check: wholeBetween(1, Infinity) }),
  requestsToOrigin: flag("computedOptional", { initial: false, whenMissing: false }),
  scorePerPeriod: number("optional"),
  scoreResponseHeaderName: text("optional", filled),
});

/** One rule of a ruleset. Its id comes from Cloudflare; `ref` is the program's own name for it. */
export const rule = object(
  "required",
  {
    id: text("computed", { check: identifier }),
    action: text("required", { check: oneOf(...actions) }),
    actionParameters: object("computedOptional", actionParameters, { initial: {}, whenMissing: {} }),
    description: text("computedOptional", { initial: "", whenMissing: "" }),
    enabled: flag("computedOptional", { initial: true }),
    exposedCredentialCheck: object("optional", {
      passwordExpression: text("required", filled),
      usernameExpression: text("required", filled),
    }),
    expression: text("required", filled),
    logging: object("computedOptional", { enabled: flag("computedOptional") }, { check: saysWhether }),
    ratelimit,
    ref: text("computedOptional", filled),
  },
  { check: fitsAction },
);

function saysWhether(logging: Value): readonly Fault[] {
  return isFields(logging) && field(logging, "enabled") === null ? [{ path: "enabled", reason: "must be given when logging is" }] : [];
}

/** Each action has its own parameters; Cloudflare refuses those of another. */
function fitsAction(value: Value): readonly Fault[] {
  const action = isFields(value) ? field(value, "action") : null;
  const parameters = isFields(value) ? field(value, "actionParameters") : null;
  if (typeof action !== "string" || !isFields(parameters)) return [];
  return Object.entries(parameters)
    .filter(
      ([name, parameter]) => parameter !== null && parameter !== unknownValue && actionOf[name] !== undefined && actionOf[name] !== action,
    )
    .map(([name]) => ({
      path: `actionParameters.${name}`,
      reason: `goes with the action ${actionOf[name] ?? ""} only; the action is ${action}`,
    }));
}
