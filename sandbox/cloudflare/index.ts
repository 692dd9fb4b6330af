export { startCloudflare, type CloudflareOptions, type CloudflareService } from "./service.ts";
export type { ZoneView } from "./store.ts";
export { tokenScopes, type ApiToken, type RateLimit, type TokenScope } from "./tokens.ts";
