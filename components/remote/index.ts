export type { HostConnection } from "./hostConnection.ts";
export { hostProgram, type HostProgramArgs } from "./hostProgram.ts";
export { hostRequest, type HostEntry, type HostRequest, type HostRequestArgs } from "./hostRequest.ts";
export { remoteProvider } from "./provider.ts";
