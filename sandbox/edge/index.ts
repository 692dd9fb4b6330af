export { startEdge, type EdgeOptions, type EdgeService } from "./service.ts";
export type { EdgeCertificate, EdgeListener } from "./doors.ts";
export type { OriginLimits } from "./attempt.ts";
export type { OriginTrust } from "./pools.ts";
