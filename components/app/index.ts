export { App, type AppArgs, rolloutRequest } from "./app.ts";
export { type AppPlan, composeFaults, type ComposeInput, type DataPlan, planApp, type PlanInput, type PlannedVariable } from "./plan.ts";
export { type LookedUpImage, lookUpImages, type RegistryLookupArgs } from "./registryLookup.ts";
export { InstanceSecrets, type InstanceSecretsArgs } from "./secrets.ts";
