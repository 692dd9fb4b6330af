import { defineProvider } from "../base/index.ts";
import { cloudflareClient } from "./client.ts";
import { checkConfiguration, readConfiguration } from "./configuration.ts";
import { functionOf, resourceOf } from "./definition.ts";
import { getIpRanges } from "./functions/ipRanges.ts";
import { getZone } from "./functions/zone.ts";
import { dnsRecord } from "./resources/dnsRecord.ts";
import { originPulls } from "./resources/originPulls.ts";
import { ruleset } from "./resources/ruleset.ts";
import { zoneSetting } from "./resources/zoneSetting.ts";

const version = "6.22.1";

/** Stands in for the plugin of `@pulumi/cloudflare` 6.22.1, for the resources and functions that are listed here. */
export const cloudflareProvider = defineProvider({
  name: "cloudflare",
  version,
  secretnessIsADifference: false,
  config: { apiToken: { type: "string", secret: true }, baseUrl: { type: "string" } },
  checkConfig: checkConfiguration,
  configure: (config) =>
    cloudflareClient({
      ...readConfiguration(config, process.env),
      userAgent: `pulumi-cloudflare-airgapped/${version} (node ${process.version})`,
    }),
  resources: [dnsRecord, zoneSetting, ruleset, originPulls].map(resourceOf),
  functions: [getZone, getIpRanges].map(functionOf),
});
