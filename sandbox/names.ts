/** DNS names of the outside world. They are the same in every slot; which addresses they mean is the slot's business. */
export const serviceNames = {
  registry: "registry.terrace.test",
  infisical: "infisical.terrace.test",
  cloudflare: "cloudflare.terrace.test",
  edge: "edge.terrace.test",
} as const;
export type ServiceName = keyof typeof serviceNames;

/** The zone of the demo application, as it stands in the Cloudflare emulator. */
export const demoZone = "truealpha.test";

/** What the edge's and the origin's certificates cover. A wildcard covers one label only, hence one line per level. */
export const demoCertificateNames = [demoZone, `*.${demoZone}`, `*.staging.${demoZone}`, `*.test.${demoZone}`] as const;
