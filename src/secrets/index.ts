export type { PrivateKeyVariable, ProgramVariable } from "./programVariables.ts";
export { readSecrets } from "./readSecrets.ts";
export type { InstanceSecrets, SecretValues } from "./secretValues.ts";
