import { z } from "zod";
import { HostName, ResourceName } from "../../contract/index.ts";

/** Settings of Layer 2 at the edge, key `edge`: DNS records, zone settings and firewall rules at Cloudflare. */

/** Cloudflare writes "automatic" as 1 (https://developers.cloudflare.com/dns/manage-dns-records/reference/ttl/). */
export const automaticTtl = 1;

export const DnsRecordSettings = z.strictObject({
  // Anything but the full name makes Cloudflare's provider show a difference for ever (cloudflare/terraform-provider-cloudflare#5378).
  name: HostName.meta({ description: "Full domain name of the record, inside the zone.", examples: ["api.staging.example.com"] }),
  type: z.enum(["A", "AAAA", "CNAME"]).meta({ description: "Record type.", examples: ["A"] }),
  content: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .meta({
      description:
        "Address (A, AAAA) or full name (CNAME). Absent: the address of this stack's host, which must be of the record's family.",
      examples: ["203.0.113.7"],
    }),
  proxied: z
    .boolean()
    .default(true)
    .meta({ description: "Whether requests go through Cloudflare's edge. False publishes the server's own address.", examples: [true] }),
  ttl: z
    .union([z.literal(automaticTtl), z.int().min(60).max(86_400)])
    .default(automaticTtl)
    .meta({
      description: "How long resolvers may keep the record: 1 (automatic; the only value of a proxied record) or 60 to 86400.",
      unit: "seconds",
      examples: [300],
    }),
  comment: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: "Note for people, shown in Cloudflare's dashboard.", examples: ["API of staging"] }),
});
export type DnsRecordSettings = z.infer<typeof DnsRecordSettings>;

export const ZoneTlsSettings = z
  .strictObject({
    ssl: z
      .enum(["full", "strict"])
      .default("strict")
      .meta({
        description:
          "How the edge speaks to the origin: `strict` verifies its certificate, `full` does not. `off` and `flexible` would speak HTTP to an origin that redirects to HTTPS: a loop.",
        examples: ["strict"],
      }),
    alwaysUseHttps: z
      .boolean()
      .default(true)
      .meta({ description: "Redirects HTTP to HTTPS at the edge.", examples: [true] }),
    minimumTlsVersion: z
      .enum(["1.2", "1.3"])
      .default("1.2")
      .meta({ description: "Oldest TLS version that a visitor may speak to the edge.", examples: ["1.2"] }),
    tls13: z
      .boolean()
      .default(true)
      .meta({ description: "Whether the edge offers TLS 1.3.", examples: [true] }),
    automaticHttpsRewrites: z
      .boolean()
      .default(true)
      .meta({ description: "Rewrites http:// links in pages to https:// where the target answers there.", examples: [true] }),
  })
  .meta({ description: "Settings of the whole zone that matter for TLS. Only where `zone` is `own`." });
export type ZoneTlsSettings = z.infer<typeof ZoneTlsSettings>;

export const FirewallRuleSettings = z.strictObject({
  ref: ResourceName.meta({
    description: "Stable identity of the rule: without one Cloudflare gives new ids whenever the order changes.",
    examples: ["block-metrics"],
  }),
  description: z
    .string()
    .min(1)
    .max(500)
    .meta({ description: "What the rule is for, for people.", examples: ["metrics are for the inside"] }),
  expression: z
    .string()
    .min(1)
    .max(4096)
    .meta({
      description: "Cloudflare's rule language. Must name the hosts it is for (`http.host`), since the zone is shared by all stacks.",
      examples: ['http.host eq "api.example.com" and starts_with(http.request.uri.path, "/metrics")'],
    }),
  action: z
    .enum(["block", "challenge", "js_challenge", "managed_challenge", "log"])
    .meta({ description: "What happens to a request that matches.", examples: ["block"] }),
});
export type FirewallRuleSettings = z.infer<typeof FirewallRuleSettings>;

export const EdgeSettings = z
  .strictObject({
    zone: z
      .enum(["own", "share"])
      .default("share")
      .meta({
        description:
          "Who holds what a zone has only one of (zone settings, one firewall ruleset): `own` this stack, `share` another one or nobody. At most one stack per zone owns it, never one that gets destroyed.",
        examples: ["share"],
      }),
    zoneName: HostName.meta({ description: "Domain name of the zone at Cloudflare.", examples: ["example.com"] }),
    records: z.array(DnsRecordSettings).min(1).max(200).meta({ description: "DNS records of this stack." }),
    zoneSettings: ZoneTlsSettings.optional(),
    firewallRules: z
      .array(FirewallRuleSettings)
      .max(20)
      .optional()
      .meta({ description: "Custom firewall rules, in order. Only where `zone` is `own`: Cloudflare has one such ruleset per zone." }),
  })
  .meta({ description: "Layer 2 at the edge. Absent: names and certificates are somebody else's business." });
export type EdgeSettings = z.infer<typeof EdgeSettings>;
