/** What a zone setting may hold, what it is when nobody set it, and whether the sandbox's edge or DNS acts upon it. */
interface SettingKind {
  readonly accepts: (value: unknown) => boolean;
  readonly initial: unknown;
  readonly actedUpon: boolean;
}

const oneOf =
  (...values: readonly (string | number)[]) =>
  (value: unknown): boolean =>
    values.includes(value as string | number);
const onOff = oneOf("on", "off");
const kept = (accepts: (value: unknown) => boolean, initial: unknown): SettingKind => ({ accepts, initial, actedUpon: false });
const acted = (accepts: (value: unknown) => boolean, initial: unknown): SettingKind => ({ accepts, initial, actedUpon: true });

const challengeSeconds = [300, 900, 1800, 2700, 3600, 7200, 10800, 14400, 28800, 57600, 86400, 604800, 2592000, 31536000];
const browserCacheSeconds = [
  0, 30, 60, 120, 300, 1200, 1800, 3600, 7200, 10800, 14400, 18000, 28800, 43200, 57600, 72000, 86400, 172800, 259200, 345600, 432000,
  691200, 1382400, 2073600, 2678400, 5356800, 16070400, 31536000,
];
const noTransportSecurity = {
  strict_transport_security: { enabled: false, max_age: 0, include_subdomains: false, preload: false, nosniff: false },
};

/**
 * The zone settings of the API (https://developers.cloudflare.com/api/resources/zones/subresources/settings/) that make sense on a free
 * zone, with the defaults of a new one. Names and values are the API's own, not those of Pulumi's documentation (`min_tls_version`).
 */
const settingKinds: Readonly<Record<string, SettingKind>> = {
  ssl: acted(oneOf("off", "flexible", "full", "strict"), "full"),
  min_tls_version: acted(oneOf("1.0", "1.1", "1.2", "1.3"), "1.0"),
  tls_1_3: acted(oneOf("on", "off", "zrt"), "on"),
  always_use_https: acted(onOff, "off"),
  http2: acted(onOff, "on"),
  websockets: acted(onOff, "on"),
  ipv6: acted(onOff, "on"),
  tls_client_auth: acted(onOff, "off"),
  security_header: acted(isTransportSecurity, noTransportSecurity),
  automatic_https_rewrites: kept(onOff, "on"),
  opportunistic_encryption: kept(onOff, "on"),
  opportunistic_onion: kept(onOff, "on"),
  "0rtt": kept(onOff, "off"),
  http3: kept(onOff, "on"),
  always_online: kept(onOff, "off"),
  brotli: kept(onOff, "on"),
  browser_cache_ttl: kept(oneOf(...browserCacheSeconds), 14400),
  browser_check: kept(onOff, "on"),
  cache_level: kept(oneOf("aggressive", "basic", "simplified"), "aggressive"),
  challenge_ttl: kept(oneOf(...challengeSeconds), 1800),
  development_mode: kept(onOff, "off"),
  early_hints: kept(onOff, "off"),
  email_obfuscation: kept(onOff, "on"),
  hotlink_protection: kept(onOff, "off"),
  ip_geolocation: kept(onOff, "on"),
  pseudo_ipv4: kept(oneOf("off", "add_header", "overwrite_header"), "off"),
  rocket_loader: kept(onOff, "off"),
  security_level: kept(oneOf("off", "essentially_off", "low", "medium", "high", "under_attack"), "medium"),
  server_side_exclude: kept(onOff, "on"),
};

export const settingIds = Object.keys(settingKinds);

/** The value of a setting on a zone that never changed it. Throws for a name that is none. */
export function settingDefault(id: string): unknown {
  const kind = settingKinds[id];
  if (kind === undefined) throw new Error(`no zone setting "${id}"`);
  return kind.initial;
}

export type SettingVerdict =
  { readonly kind: "unknown" } | { readonly kind: "invalid" } | { readonly kind: "accepted"; readonly actedUpon: boolean };

/** Judges a new value for a setting. */
export function judgeSetting(id: string, value: unknown): SettingVerdict {
  const kind = Object.hasOwn(settingKinds, id) ? settingKinds[id] : undefined;
  if (kind === undefined) return { kind: "unknown" };
  return kind.accepts(value) ? { kind: "accepted", actedUpon: kind.actedUpon } : { kind: "invalid" };
}

/** The part of `security_header` that the edge turns into a header. */
export interface TransportSecurity {
  readonly enabled?: boolean;
  /** Seconds. */
  readonly max_age?: number;
  readonly include_subdomains?: boolean;
  readonly preload?: boolean;
  readonly nosniff?: boolean;
}

function isTransportSecurity(value: unknown): boolean {
  if (!isObject(value) || !isObject(value["strict_transport_security"]) || Object.keys(value).length !== 1) return false;
  const part = value["strict_transport_security"];
  const flags = ["enabled", "include_subdomains", "preload", "nosniff"];
  const known = Object.keys(part).every((key) => key === "max_age" || flags.includes(key));
  const age = part["max_age"] ?? 0;
  return known && flags.every((key) => typeof (part[key] ?? false) === "boolean") && Number.isInteger(age) && Number(age) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
