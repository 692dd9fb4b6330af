export { fault, type Fault, faultsError } from "./fault.ts";
export { loadSettings } from "./program.ts";
export type { AppFiles, OwnPlatform, ResolvedApp, Role, Settings } from "./settings.ts";
export { UserError } from "./userError.ts";
