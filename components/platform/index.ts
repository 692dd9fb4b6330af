export { buildHostBundle, type HostBundle } from "./bundle.ts";
export { type OwnPlatformArgs, Platform, type PlatformArgs, type ReusedPlatformArgs } from "./platform.ts";
export { type PlatformPlan, platformRequest } from "./platformRequest.ts";
