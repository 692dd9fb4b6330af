export { Edge, type EdgeArgs } from "./edge.ts";
export { cloudflareProvider } from "./provider.ts";
