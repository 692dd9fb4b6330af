import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { Ruleset } from "@pulumi/cloudflare/ruleset.js";
import { ZoneSetting } from "@pulumi/cloudflare/zoneSetting.js";
import { ComponentResource, type ComponentResourceOptions, type CustomResourceOptions, type Input, output } from "@pulumi/pulumi";
import { canonicalAddress } from "./canonicalAddress.ts";
import { planFirewall } from "./planFirewall.ts";
import { planZoneSettings } from "./planZoneSettings.ts";
import type { EdgeSettings } from "./schema.ts";

export interface EdgeArgs {
  readonly settings: EdgeSettings;
  /** Cloudflare's id of the zone: 32 hexadecimal digits. */
  readonly zoneId: Input<string>;
  /** Address of the stack's host: what records without content point to. */
  readonly hostAddress: Input<string>;
}

/**
 * Layer 2 at the edge: the names of this stack at Cloudflare and, in the one stack that owns the zone, what a zone has only one of.
 *
 * `options` names the provider, see `cloudflareProvider`. A zone that is shared is left alone except for this stack's own records, so destroying a stack takes nothing from another.
 */
export class Edge extends ComponentResource {
  readonly records: readonly DnsRecord[];

  constructor(name: string, args: EdgeArgs, options?: ComponentResourceOptions) {
    super("terrace:edge:Edge", name, {}, options);
    const child: CustomResourceOptions = { parent: this };

    this.records = createRecords(name, args, child);
    if (args.settings.zone === "own") {
      // Other stacks stand behind them too: a `pulumi destroy` of this one must not open the zone for all.
      const zoneWide = { ...child, protect: true };
      createZoneSettings(name, args, zoneWide);
      createFirewall(name, args, zoneWide);
    }
    this.registerOutputs({ hosts: this.records.map((record) => record.name) });
  }
}

function createRecords(name: string, { settings, zoneId, hostAddress }: EdgeArgs, options: CustomResourceOptions): DnsRecord[] {
  const ownAddress = output(hostAddress).apply(canonicalAddress);
  return settings.records.map(
    (record) =>
      new DnsRecord(
        // The logical name is the record's identity: an address may change in place, another name or type is another record.
        `${name}-${record.name}-${record.type}`,
        {
          zoneId,
          name: record.name,
          type: record.type,
          content: record.content === undefined ? ownAddress : canonicalAddress(record.content),
          proxied: record.proxied,
          ttl: record.ttl,
          ...(record.comment === undefined ? {} : { comment: record.comment }),
        },
        options,
      ),
  );
}

function createZoneSettings(name: string, { settings, zoneId }: EdgeArgs, options: CustomResourceOptions): void {
  for (const { settingId, value } of planZoneSettings(settings)) {
    new ZoneSetting(`${name}-${settingId}`, { zoneId, settingId, value }, options);
  }
}

function createFirewall(name: string, { settings, zoneId }: EdgeArgs, options: CustomResourceOptions): void {
  const rules = planFirewall(settings);
  if (rules.length === 0) return;
  new Ruleset(
    `${name}-firewall`,
    { zoneId, kind: "zone", phase: "http_request_firewall_custom", name: "terrace", rules: [...rules] },
    options,
  );
}
