import { randomBytes } from "node:crypto";
import { z } from "zod";
import { parseBody, type Call } from "./call.ts";
import type { JsonReply } from "./emulator/jsonServer.ts";
import { failure, succeed, unknownHere } from "./envelope.ts";
import { ruleBody, reviseRules } from "./rules.ts";
import type { Ruleset } from "./state.ts";

/** The phase whose rules the sandbox's edge evaluates. */
export const firewallPhase = "http_request_firewall_custom";

/** Phases of the API (https://developers.cloudflare.com/ruleset-engine/reference/phases-list/); others are no phases at all. */
const phases = [
  "ddos_l4",
  "ddos_l7",
  "http_config_settings",
  "http_custom_errors",
  "http_log_custom_fields",
  "http_ratelimit",
  "http_request_cache_settings",
  "http_request_dynamic_redirect",
  firewallPhase,
  "http_request_firewall_managed",
  "http_request_late_transform",
  "http_request_origin",
  "http_request_redirect",
  "http_request_sanitize",
  "http_request_sbfm",
  "http_request_transform",
  "http_response_cache_settings",
  "http_response_compression",
  "http_response_firewall_managed",
  "http_response_headers_transform",
];

const common = {
  name: z.string().min(1),
  description: z.string().default(""),
  rules: z.array(ruleBody).default([]),
};
const createBody = z.strictObject({ ...common, kind: z.string(), phase: z.string() });
/** An update may repeat what cannot change; it must then be the same. */
const updateBody = z.strictObject({
  ...common,
  name: z.string().min(1).optional(),
  description: z.string().optional(),
  kind: z.string().optional(),
  phase: z.string().optional(),
});

export async function createRuleset(call: Call): Promise<JsonReply> {
  const body = parseBody(createBody, call.body);
  checkPhase(body.phase, "/phase");
  if (body.kind !== "zone") throw unknownHere(`rulesets of kind ${JSON.stringify(body.kind)}; only "zone" is`);
  if (call.zone.rulesets.some(({ phase }) => phase === body.phase)) {
    // What people remember as "A similar configuration with rules already exists": that is an older client's wording of this answer.
    throw failure(
      400,
      20217,
      `'zone' is not a valid value for kind because exceeded maximum number of zone rulesets for phase ${body.phase}`,
      {
        source: { pointer: "/kind" },
      },
    );
  }
  const ruleset = entryPoint(body.phase, body.name, body.description, body.rules);
  await call.store.change(call.zone.id, { rulesets: [...call.zone.rulesets, ruleset] });
  return succeed(ruleset);
}

export function updateRuleset(call: Call): Promise<JsonReply> {
  return revise(call, rulesetOf(call));
}

/** PUT on a phase's entry point makes the ruleset when there is none. */
export async function putEntryPoint(call: Call): Promise<JsonReply> {
  const phase = call.params["phase"] ?? "";
  checkPhase(phase);
  const before = call.zone.rulesets.find((ruleset) => ruleset.phase === phase);
  if (before !== undefined) return revise(call, before);
  const body = parseBody(updateBody, call.body);
  const ruleset = entryPoint(phase, body.name ?? "default", body.description ?? "", body.rules);
  await call.store.change(call.zone.id, { rulesets: [...call.zone.rulesets, ruleset] });
  return succeed(ruleset);
}

export function getEntryPoint(call: Call): JsonReply {
  const phase = call.params["phase"] ?? "";
  checkPhase(phase);
  const ruleset = call.zone.rulesets.find((one) => one.phase === phase);
  if (ruleset === undefined) throw failure(404, 10003, `could not find entrypoint ruleset in the ${phase} phase at the zone level`);
  return succeed(ruleset);
}

export function getRuleset(call: Call): JsonReply {
  return succeed(rulesetOf(call));
}

export function listRulesets(call: Call): JsonReply {
  const summaries = call.zone.rulesets.map(({ id, name, description, kind, version, last_updated, phase }) => {
    return { id, name, description, kind, version, last_updated, phase };
  });
  return succeed(summaries);
}

export async function deleteRuleset(call: Call): Promise<JsonReply> {
  const ruleset = rulesetOf(call);
  await call.store.change(call.zone.id, { rulesets: call.zone.rulesets.filter((one) => one !== ruleset) });
  return { status: 204 };
}

async function revise(call: Call, before: Ruleset): Promise<JsonReply> {
  const body = parseBody(updateBody, call.body);
  if (body.kind !== undefined && body.kind !== before.kind)
    throw failure(400, 20217, `'${body.kind}' is not a valid value for kind because the kind of a ruleset cannot be changed`, {
      source: { pointer: "/kind" },
    });
  if (body.phase !== undefined && body.phase !== before.phase)
    throw failure(400, 20217, `'${body.phase}' is not a valid value for phase because the phase of a ruleset cannot be changed`, {
      source: { pointer: "/phase" },
    });
  const now = new Date().toISOString();
  const after: Ruleset = {
    ...before,
    name: body.name ?? before.name,
    description: body.description ?? before.description,
    version: String(Number(before.version) + 1),
    last_updated: now,
    rules: reviseRules(before.rules, body.rules, now),
  };
  await call.store.change(call.zone.id, { rulesets: call.zone.rulesets.map((one) => (one === before ? after : one)) });
  return succeed(after);
}

function entryPoint(phase: string, name: string, description: string, rules: z.infer<typeof createBody>["rules"]): Ruleset {
  const now = new Date().toISOString();
  return {
    id: randomBytes(16).toString("hex"),
    name,
    description,
    kind: "zone",
    phase,
    version: "1",
    last_updated: now,
    rules: reviseRules([], rules, now),
  };
}

function rulesetOf(call: Call): Ruleset {
  const ruleset = call.zone.rulesets.find(({ id }) => id === call.params["ruleset"]);
  if (ruleset === undefined) throw failure(404, 10003, "could not find ruleset");
  return ruleset;
}

function checkPhase(phase: string, pointer?: string): void {
  const place = pointer === undefined ? {} : { source: { pointer } };
  if (!phases.includes(phase)) throw failure(400, 20217, `'${phase}' is not a valid value for phase`, place);
  if (phase !== firewallPhase) throw unknownHere(`phase ${phase}; the sandbox's edge evaluates ${firewallPhase} only`);
}
