export { startDns, type DnsOptions, type DnsService } from "./service.ts";
export type { AddressPair, NameWorld } from "./world.ts";
