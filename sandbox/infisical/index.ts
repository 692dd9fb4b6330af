export { startInfisical, type InfisicalOptions, type InfisicalService } from "./service.ts";
export { seedInfisical, type SeedOptions, type SeedOutcome } from "./seed.ts";
export type { AuthLimits, MachineIdentity } from "./identities.ts";
export { sandboxVariables, type SandboxVariable } from "./variables.ts";
