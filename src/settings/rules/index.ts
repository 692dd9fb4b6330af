import { checks, environment, images, routes, secrets } from "./app.ts";
import { composeFiles } from "./compose.ts";
import type { Rule } from "./draft.ts";
import { edgeOwnership, edgeRecords, firewallRules } from "./edge.ts";
import { noSecrets, noSecretsOfApps } from "./secrecy.ts";
import { builds, environmentIsStack, platform, reservedNames } from "./stack.ts";

/** Rules between fields, but for those about images. */
export const declarationRules: readonly Rule[] = [
  environmentIsStack,
  platform,
  edgeRecords,
  edgeOwnership,
  firewallRules,
  reservedNames,
  routes,
  environment,
  checks,
  secrets,
  noSecrets,
  noSecretsOfApps,
];

/** Every service has an image that can be found, and its compose file can be rolled out with it. What promotes images, or only looks at secrets, must work before that is so. */
export const imageRules: readonly Rule[] = [images, builds, composeFiles];
