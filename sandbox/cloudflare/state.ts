import { z } from "zod";

/** Record types the emulator keeps and its DNS answers. */
export const recordTypes = ["A", "AAAA", "CNAME", "TXT", "MX"] as const;
export type RecordType = (typeof recordTypes)[number];

const recordSchema = z.strictObject({
  id: z.string(),
  /** Full name in lower case, without a final dot. */
  name: z.string(),
  type: z.enum(recordTypes),
  content: z.string(),
  proxiable: z.boolean(),
  proxied: z.boolean(),
  /** Seconds; 1 means automatic. */
  ttl: z.number(),
  priority: z.number().optional(),
  settings: z.strictObject({ ipv4_only: z.boolean().optional(), ipv6_only: z.boolean().optional(), flatten_cname: z.boolean().optional() }),
  meta: z.strictObject({}),
  comment: z.string().nullable(),
  tags: z.array(z.string()),
  created_on: z.string(),
  modified_on: z.string(),
  comment_modified_on: z.string().optional(),
});
export type DnsRecord = z.infer<typeof recordSchema>;

const ruleSchema = z.strictObject({
  id: z.string(),
  version: z.string(),
  action: z.enum(["block", "managed_challenge", "skip", "log"]),
  action_parameters: z.json().optional(),
  expression: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  ref: z.string(),
  logging: z.strictObject({ enabled: z.boolean() }).optional(),
  last_updated: z.string(),
});
export type Rule = z.infer<typeof ruleSchema>;

const rulesetSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  kind: z.literal("zone"),
  phase: z.string(),
  version: z.string(),
  last_updated: z.string(),
  rules: z.array(ruleSchema),
});
export type Ruleset = z.infer<typeof rulesetSchema>;

const zoneSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  name: z.string(),
  createdOn: z.string(),
  modifiedOn: z.string(),
  records: z.array(recordSchema),
  /** Only what was changed; the rest has the defaults of `settings.ts`. */
  settings: z.record(z.string(), z.strictObject({ value: z.json(), modifiedOn: z.string() })),
  rulesets: z.array(rulesetSchema),
  originPulls: z.boolean(),
});
export type Zone = z.infer<typeof zoneSchema>;

export const stateSchema = z.strictObject({ version: z.literal(1), zones: z.array(zoneSchema) });
export type CloudflareState = z.infer<typeof stateSchema>;
