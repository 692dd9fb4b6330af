import { checks, environment, images, routes, secrets } from "./app.ts";
import type { Rule } from "./draft.ts";
import { edgeOwnership, edgeRecords, firewallRules } from "./edge.ts";
import { builds, environmentIsStack, noSecrets, platform, reservedNames } from "./stack.ts";

/** Every rule between fields. */
export const rules: readonly Rule[] = [
  environmentIsStack,
  platform,
  edgeRecords,
  edgeOwnership,
  firewallRules,
  reservedNames,
  routes,
  images,
  builds,
  environment,
  checks,
  secrets,
  noSecrets,
];
