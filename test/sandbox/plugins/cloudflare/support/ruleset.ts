import type { Properties, Value } from "../../../../../sandbox/plugins/base/index.ts";
import { zoneId } from "./provider.ts";

export const token = "cloudflare:index/ruleset:Ruleset";
export const id = "2f2feab2026849078ba485f918791bdc";
export const rulesets = `/client/v4/zones/${zoneId}/rulesets`;

export const block = { ref: "block_scanners", action: "block", expression: 'http.host eq "truealpha.test"', description: "scanners" };
export const inputs: Properties = {
  zoneId,
  kind: "zone",
  name: "terrace custom rules",
  phase: "http_request_firewall_custom",
  rules: [block],
};
export const ruleId = "3a03d665bac047339bb530ecb439a90d";
export const blockInState = { ...block, id: ruleId, actionParameters: {}, enabled: true };
export const state: Properties = {
  ...inputs,
  id,
  description: "",
  rules: [blockInState],
  lastUpdated: "2026-01-02T03:04:05Z",
  version: "1",
};
export const blockAnswer = {
  ...block,
  id: ruleId,
  version: "1",
  action_parameters: {},
  enabled: true,
  last_updated: "2026-01-02T03:04:05.6Z",
};
export const answer = {
  id,
  name: "terrace custom rules",
  description: "",
  kind: "zone",
  phase: "http_request_firewall_custom",
  version: "1",
  last_updated: "2026-01-02T03:04:05.678Z",
  rules: [blockAnswer],
};
export const sent = { description: "", kind: "zone", name: "terrace custom rules", phase: "http_request_firewall_custom" };
export const sentBlock = { ...block, action_parameters: {}, enabled: true };

/** The ruleset of these tests with other rules. */
export const withRules = (...rules: readonly Value[]): Properties => ({ ...inputs, rules });
