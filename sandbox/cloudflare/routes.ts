import { z } from "zod";
import { parseBody, type Call } from "./call.ts";
import type { JsonReply } from "./emulator/jsonServer.ts";
import { failure, succeed } from "./envelope.ts";
import { createRecord, deleteRecord, editRecord, getRecord, listRecords, overwriteRecord, recordListParameters } from "./records.ts";
import { createRuleset, deleteRuleset, getEntryPoint, getRuleset, listRulesets, putEntryPoint, updateRuleset } from "./rulesets.ts";
import { judgeSetting, settingDefault, settingIds } from "./settings.ts";
import type { TokenScope } from "./tokens.ts";

export interface Route {
  readonly method: string;
  /** Below `/client/v4/zones/:zone`; a part that begins with ":" is variable. */
  readonly path: string;
  readonly scope: TokenScope;
  /** Query parameters it knows; any other is refused. */
  readonly query?: readonly string[];
  readonly handle: (call: Call) => Promise<JsonReply> | JsonReply;
}

/** Everything below a zone that the emulator answers. */
export const zoneRoutes: readonly Route[] = [
  { method: "GET", path: "dns_records", scope: "dns:edit", query: recordListParameters, handle: listRecords },
  { method: "POST", path: "dns_records", scope: "dns:edit", handle: createRecord },
  { method: "GET", path: "dns_records/:record", scope: "dns:edit", handle: getRecord },
  { method: "PUT", path: "dns_records/:record", scope: "dns:edit", handle: overwriteRecord },
  { method: "PATCH", path: "dns_records/:record", scope: "dns:edit", handle: editRecord },
  { method: "DELETE", path: "dns_records/:record", scope: "dns:edit", handle: deleteRecord },
  { method: "GET", path: "settings", scope: "zone_settings:edit", handle: listSettings },
  { method: "GET", path: "settings/:setting", scope: "zone_settings:edit", handle: getSetting },
  { method: "PATCH", path: "settings/:setting", scope: "zone_settings:edit", handle: changeSetting },
  { method: "GET", path: "rulesets", scope: "waf:edit", handle: listRulesets },
  { method: "POST", path: "rulesets", scope: "waf:edit", handle: createRuleset },
  { method: "GET", path: "rulesets/phases/:phase/entrypoint", scope: "waf:edit", handle: getEntryPoint },
  { method: "PUT", path: "rulesets/phases/:phase/entrypoint", scope: "waf:edit", handle: putEntryPoint },
  { method: "GET", path: "rulesets/:ruleset", scope: "waf:edit", handle: getRuleset },
  { method: "PUT", path: "rulesets/:ruleset", scope: "waf:edit", handle: updateRuleset },
  { method: "DELETE", path: "rulesets/:ruleset", scope: "waf:edit", handle: deleteRuleset },
  {
    method: "GET",
    path: "origin_tls_client_auth/settings",
    scope: "ssl:edit",
    handle: ({ zone }) => succeed({ enabled: zone.originPulls }),
  },
  { method: "PUT", path: "origin_tls_client_auth/settings", scope: "ssl:edit", handle: changeOriginPulls },
];

/** Finds the route of a path below a zone, and whether the path is known for other methods at least. */
export function findRoute(
  method: string,
  path: string,
): { readonly route?: Route; readonly params: Record<string, string>; readonly known: boolean } {
  let known = false;
  for (const route of zoneRoutes) {
    const params = matchPath(route.path, path);
    if (params === undefined) continue;
    if (route.method === method) return { route, params, known: true };
    known = true;
  }
  return { params: {}, known };
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":") && value !== "") params[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return params;
}

function listSettings(call: Call): JsonReply {
  return succeed(settingIds.map((id) => settingOf(call, id)));
}

function getSetting(call: Call): JsonReply {
  const id = call.params["setting"] ?? "";
  if (!settingIds.includes(id)) throw failure(400, 1006, `Unrecognized zone setting name: ${id}`);
  return succeed(settingOf(call, id));
}

async function changeSetting(call: Call): Promise<JsonReply> {
  const id = call.params["setting"] ?? "";
  const { value } = parseBody(z.strictObject({ value: z.json() }), call.body);
  const verdict = judgeSetting(id, value);
  if (verdict.kind === "unknown") throw failure(400, 1006, `Unrecognized zone setting name: ${id}`);
  if (verdict.kind === "invalid") throw failure(400, 1007, `Invalid value for zone setting ${id}`);
  const zone = await call.store.change(call.zone.id, {
    settings: { ...call.zone.settings, [id]: { value, modifiedOn: new Date().toISOString() } },
  });
  const reply = succeed(settingOf({ ...call, zone }, id));
  return verdict.actedUpon ? reply : { ...reply, note: "kept; nothing in the sandbox acts upon this setting" };
}

function settingOf(call: Pick<Call, "zone">, id: string): unknown {
  const kept = call.zone.settings[id];
  return { id, value: kept === undefined ? settingDefault(id) : kept.value, modified_on: kept?.modifiedOn ?? null, editable: true };
}

async function changeOriginPulls(call: Call): Promise<JsonReply> {
  const { enabled } = parseBody(z.strictObject({ enabled: z.boolean() }), call.body);
  await call.store.change(call.zone.id, { originPulls: enabled });
  return succeed({ enabled });
}
