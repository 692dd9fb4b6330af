import { contractVersion, PlatformRequest } from "../../contract/index.ts";
import type { OperatorSettings, OwnPlatformSettings } from "./schema.ts";

/** Plain values a platform is planned from. */
export interface PlatformPlan {
  /** SHA-256 of the host program. */
  readonly program: string;
  readonly epoch: number;
  /** Name of the host, for people. */
  readonly host: string;
  readonly environment: string;
  readonly settings: OwnPlatformSettings;
  /** Pinned reference of the entry point's image. */
  readonly ingressImage: string;
  /** Public half of this stack's own deploy key. */
  readonly deployKey: string;
  readonly operators: readonly OperatorSettings[];
  /** CA certificate (PEM) by registry address, for registries that are not publicly trusted. */
  readonly registryAuthorities: Readonly<Record<string, string>>;
}

/** The platform request, checked against the contract, so that what the host would refuse fails the preview. */
export function platformRequest(plan: PlatformPlan): PlatformRequest {
  const { settings } = plan;
  const deployers = {
    ...Object.fromEntries(Object.entries(settings.environments).map(([name, { publicKey }]) => [name, publicKey])),
    [plan.environment]: plan.deployKey,
  };
  return PlatformRequest.parse({
    contract: contractVersion,
    request: "platform",
    epoch: plan.epoch,
    program: plan.program,
    host: plan.host,
    environment: plan.environment,
    deployers: Object.entries(deployers)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([environment, publicKey]) => ({ environment, publicKey })),
    operators: plan.operators.map(({ name, publicKeys }) => ({ name, publicKeys: [...publicKeys] })),
    docker: { ...settings.docker, registryAuthorities: { ...plan.registryAuthorities } },
    ingress: {
      kind: "own",
      image: plan.ingressImage,
      trustedProxies: [...settings.ingress.trustedProxies],
      minimumTlsVersion: settings.ingress.minimumTlsVersion,
    },
    maintenance: settings.maintenance,
  });
}
