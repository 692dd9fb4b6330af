import type { RequestFacts } from "../cloudflare/expression/fields.ts";
import { firewallPhase } from "../cloudflare/rulesets.ts";
import type { TransportSecurity } from "../cloudflare/settings.ts";
import type { Zone } from "../cloudflare/state.ts";
import { originOf } from "../dns/origin.ts";
import type { NameWorld } from "../dns/world.ts";
import { judgeRequest, type BlockResponse } from "./firewall.ts";

/** How to reach an origin. */
export interface OriginPlan {
  readonly addresses: readonly string[];
  readonly scheme: "http" | "https";
  /** Whether the origin's certificate must be valid for the host name. */
  readonly verify: boolean;
  /** Whether to show the edge's client certificate (authenticated origin pulls). */
  readonly clientCertificate: boolean;
  /** SNI: the host name without port. */
  readonly serverName: string;
}

/** What the edge does with a request; every refusal has the number that Cloudflare's page would have. */
export type Decision =
  | { readonly kind: "forward"; readonly plan: OriginPlan; readonly zone: Zone; readonly logged: readonly string[] }
  | { readonly kind: "redirect"; readonly location: string }
  | { readonly kind: "block"; readonly ref: string; readonly response?: BlockResponse }
  | { readonly kind: "challenge"; readonly ref: string }
  | { readonly kind: "page"; readonly status: number; readonly code: number };

/** Decides from what is known before the body: zone, records, settings, rules. Pure but for the clock-less look into `world`. */
export function decide(world: NameWorld, facts: RequestFacts, upgrade: boolean): Decision {
  const host = facts.host.toLowerCase();
  const zone = world.zones.zoneOf(host);
  if (zone === undefined) return { kind: "page", status: 409, code: 1001 };
  const setting = (id: string): unknown => world.zones.setting(zone, id);
  const origin = originOf(world, host);
  if (origin === undefined) return { kind: "page", status: 409, code: 1001 };
  const mode = setting("ssl");
  const target = `${host}${facts.path}${facts.query === "" ? "" : `?${facts.query}`}`;
  if (!facts.encrypted && setting("always_use_https") === "on") return { kind: "redirect", location: `https://${target}` };
  if (facts.encrypted && mode === "off") return { kind: "redirect", location: `http://${target}` };
  if (upgrade && setting("websockets") === "off") return { kind: "page", status: 400, code: 400 };
  const verdict = judgeRequest(world.zones.rules(zone, firewallPhase), facts);
  if (verdict.kind === "block") {
    return { kind: "block", ref: verdict.ref ?? "", ...(verdict.response === undefined ? {} : { response: verdict.response }) };
  }
  if (verdict.kind === "challenge") return { kind: "challenge", ref: verdict.ref ?? "" };
  if (origin.addresses.length === 0) return { kind: "page", status: 530, code: 1016 };
  const scheme = facts.encrypted && mode !== "flexible" ? "https" : "http";
  const clientCertificate = scheme === "https" && (zone.originPulls || setting("tls_client_auth") === "on");
  const plan = {
    addresses: origin.addresses,
    scheme,
    verify: scheme === "https" && mode === "strict",
    clientCertificate,
    serverName: host,
  } as const;
  return { kind: "forward", plan, zone, logged: verdict.logged };
}

/** The Strict-Transport-Security header of a zone, if it has one. */
export function transportSecurity(value: unknown): Readonly<Record<string, string>> {
  const part = (value as { readonly strict_transport_security: TransportSecurity }).strict_transport_security;
  if (part.enabled !== true) return {};
  const words = [
    `max-age=${part.max_age ?? 0}`,
    ...(part.include_subdomains === true ? ["includeSubDomains"] : []),
    ...(part.preload === true ? ["preload"] : []),
  ];
  return { "strict-transport-security": words.join("; "), ...(part.nosniff === true ? { "x-content-type-options": "nosniff" } : {}) };
}
