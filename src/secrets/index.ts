export type { Delivery, InstanceSecrets, SecretValues } from "./secretValues.ts";
export type { PrivateKeyVariable, ProgramVariable } from "./programVariables.ts";
