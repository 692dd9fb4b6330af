import { canonicalJson, contractVersion, type HostSecretsRequest } from "../../contract/index.ts";
import type { Settings } from "../settings/settings.ts";

/** What the host itself needs, in plain; it becomes a Pulumi secret before it leaves this folder. */
export interface HostSecretValues {
  readonly registry: { readonly username: string; readonly password: string };
  /** Absent where the stack has no routes. */
  readonly origin: { readonly certificate: string; readonly privateKey: string } | undefined;
}

/** `HostSecretsRequest` in canonical JSON. */
export function hostSecretsRequest(settings: Settings, { registry, origin }: HostSecretValues): string {
  const request: HostSecretsRequest = {
    contract: contractVersion,
    request: "host-secrets",
    epoch: settings.secretStore.epoch,
    environment: settings.environment,
    registries: [{ address: settings.registry.address, ...registry }],
    originCertificates: origin === undefined ? [] : [{ name: "origin", ...origin }],
  };
  return canonicalJson(request);
}
