import { ZoneTlsSettings, type EdgeSettings } from "./schema.ts";

export interface ZoneSettingValue {
  /** Cloudflare's own name, in snake case; nothing checks it but the API. */
  readonly settingId: string;
  readonly value: string;
}

/**
 * The zone settings that matter for TLS, as Cloudflare names them
 * (https://developers.cloudflare.com/api/resources/zones/subresources/settings/).
 */
export function planZoneSettings(settings: EdgeSettings): readonly ZoneSettingValue[] {
  const { ssl, alwaysUseHttps, minimumTlsVersion, tls13, automaticHttpsRewrites } = settings.zoneSettings ?? ZoneTlsSettings.parse({});
  return [
    { settingId: "ssl", value: ssl },
    { settingId: "always_use_https", value: onOff(alwaysUseHttps) },
    { settingId: "min_tls_version", value: minimumTlsVersion },
    { settingId: "tls_1_3", value: onOff(tls13) },
    { settingId: "automatic_https_rewrites", value: onOff(automaticHttpsRewrites) },
  ];
}

function onOff(value: boolean): "on" | "off" {
  return value ? "on" : "off";
}
