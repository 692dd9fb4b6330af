import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { ApiFailure, failure, unknownHere, type ApiError } from "./envelope.ts";
import { compileExpression } from "./expression/compile.ts";
import { ExpressionError } from "./expression/token.ts";
import type { Rule } from "./state.ts";

/** Custom rules that a free zone may have. */
export const customRuleLimit = 5;

const actions = ["block", "managed_challenge", "skip", "log"] as const;
/** Actions of the API that the sandbox's edge cannot perform. */
const otherActions = [
  "challenge",
  "compress_response",
  "ddos_dynamic",
  "execute",
  "force_connection_close",
  "js_challenge",
  "log_custom_field",
  "redirect",
  "rewrite",
  "route",
  "score",
  "serve_error",
  "set_cache_settings",
  "set_config",
];

export const ruleBody = z.strictObject({
  id: z.string().optional(),
  /** The provider sends back what it read; the server decides on both. */
  version: z.string().optional(),
  last_updated: z.string().optional(),
  action: z.string(),
  action_parameters: z.json().optional(),
  expression: z.string(),
  description: z.string().default(""),
  enabled: z.boolean().default(true),
  ref: z.string().min(1).optional(),
  logging: z.strictObject({ enabled: z.boolean() }).optional(),
});
type RuleBody = z.infer<typeof ruleBody>;

const blockParameters = z.strictObject({
  response: z
    .strictObject({
      status_code: z.int().min(400).max(499),
      content: z.string().min(1).max(2048),
      content_type: z.enum(["application/json", "text/html", "text/plain", "text/xml"]),
    })
    .optional(),
});
const skipParameters = z.strictObject({
  ruleset: z.literal("current").optional(),
  phases: z.array(z.string()).optional(),
  products: z.array(z.string()).optional(),
});

/**
 * The rules that replace `before`: a rule is the same one when its `ref` (or, lacking one, its `id`) is; it then keeps its id, and its
 * version too unless something in it changed. Throws all faults of all rules at once.
 */
export function reviseRules(before: readonly Rule[], bodies: readonly RuleBody[], now: string): Rule[] {
  const errors = bodies.flatMap((body, index) => faultsOf(body, index));
  const refs = bodies.flatMap(({ ref }) => (ref === undefined ? [] : [ref]));
  const repeated = refs.find((ref, index) => refs.indexOf(ref) !== index);
  if (repeated !== undefined)
    errors.push({ code: 20121, message: `'${repeated}' is not a valid value for ref because refs must be unique in a ruleset` });
  if (errors.length > 0) throw new ApiFailure(400, errors);
  if (bodies.length > customRuleLimit) {
    throw failure(
      400,
      20120,
      `exceeded the maximum number of rules in the phase http_request_firewall_custom: ${bodies.length} out of ${customRuleLimit}`,
    );
  }
  return bodies.map((body) =>
    revise(
      before.find((rule) => (body.ref === undefined ? rule.id === body.id : rule.ref === body.ref)),
      body,
      now,
    ),
  );
}

function revise(before: Rule | undefined, body: RuleBody, now: string): Rule {
  const id = before?.id ?? randomBytes(16).toString("hex");
  const content = {
    action: actions.find((known) => known === body.action) ?? "log",
    ...(body.action_parameters === undefined ? {} : { action_parameters: body.action_parameters }),
    expression: body.expression,
    description: body.description,
    enabled: body.enabled,
    ref: body.ref ?? before?.ref ?? id,
    ...(body.logging === undefined ? {} : { logging: body.logging }),
  };
  if (before === undefined) return { id, version: "1", ...content, last_updated: now };
  const { version, last_updated } = before;
  if (isDeepStrictEqual({ id, version, ...content, last_updated }, before)) return before;
  return { id, version: String(Number(version) + 1), ...content, last_updated: now };
}

function faultsOf(body: RuleBody, index: number): ApiError[] {
  const at = (field: string): { source: { pointer: string } } => ({ source: { pointer: `/rules/${index}/${field}` } });
  const faults: ApiError[] = [];
  if (otherActions.includes(body.action)) throw unknownHere(`action ${body.action} (rules/${index}); known are ${actions.join(", ")}`);
  if (!actions.some((known) => known === body.action)) {
    faults.push({ code: 20016, message: `'${body.action}' is not a valid value for action`, ...at("action") });
  }
  const parameters = parametersFault(body);
  if (parameters !== undefined) faults.push({ code: 20119, message: parameters, ...at("action_parameters") });
  if (body.logging !== undefined && body.action !== "skip") {
    faults.push({ code: 20131, message: `logging is not a valid field for a rule with action '${body.action}'`, ...at("logging") });
  }
  try {
    compileExpression(body.expression);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const message = `'${body.expression}' is not a valid value for expression because could not parse filter expression: ${error.message}`;
    faults.push({ code: 20127, message, ...at("expression") });
  }
  return faults;
}

function parametersFault(body: RuleBody): string | undefined {
  const schema = body.action === "block" ? blockParameters : body.action === "skip" ? skipParameters : z.strictObject({});
  const parsed = schema.safeParse(body.action_parameters ?? {});
  if (!parsed.success)
    return parsed.error.issues.map((issue) => `${["action_parameters", ...issue.path].join(".")}: ${issue.message}`).join("; ");
  if (body.action === "skip" && body.action_parameters === undefined) return "action_parameters: a skip rule must say what it skips";
  return undefined;
}
