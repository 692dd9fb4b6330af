import type { EdgeSettings, FirewallRuleSettings } from "./schema.ts";

export interface PlannedRule extends FirewallRuleSettings {
  readonly enabled: true;
}

/** Rules of the zone's one custom firewall ruleset, in order. Each has a `ref`: without it ids change whenever the order does. */
export function planFirewall(settings: EdgeSettings): readonly PlannedRule[] {
  return (settings.firewallRules ?? []).map((rule) => ({ ...rule, enabled: true }));
}
