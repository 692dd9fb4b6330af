import * as pulumi from "@pulumi/pulumi";
import type { OperatorSettings } from "../../components/platform/schema.ts";
import { sealRequest } from "../../contract/index.ts";
import type { Settings } from "../settings/settings.ts";
import { valueOf } from "./collect.ts";
import { type CollectedSecrets, collectSecrets, storeOf } from "./collectSecrets.ts";
import { hostSecretsRequest } from "./hostSecrets.ts";
import { instanceSecrets } from "./instanceSets.ts";
import { mergeOperators } from "./operators.ts";
import type { ProgramVariable } from "./programVariables.ts";
import type { SecretValues } from "./secretValues.ts";
import type { SecretSource } from "./source.ts";
import { publicKeyOf } from "./sshKey.ts";

/**
 * Reads everything that a stack needs from its secret store, with one login. Throws a UserError that says why it could not, or one that
 * names everything missing and malformed. From here on values are Pulumi secrets.
 */
export async function readSecrets(settings: Settings, source: SecretSource = storeOf(settings)): Promise<SecretValues> {
  return secretValues(settings, await collectSecrets(settings, source));
}

function secretValues(settings: Settings, { values, lookup }: CollectedSecrets): SecretValues {
  const plain = (name: ProgramVariable): string => valueOf(values, settings.secretStore.path, name);
  const certificate = lookup("ORIGIN_CERTIFICATE");
  const { host, registry, platform } = settings;
  // Only the host opens them: Pulumi, its state and its logs hold nothing that could be read.
  const sealed = (request: string): pulumi.Output<string> =>
    pulumi.secret(sealRequest(request, host.hostKey ?? plain("SSH_HOST_KEY"), plain("FINGERPRINT_KEY")));
  return {
    secret: (name) => pulumi.secret(plain(name)),
    publicKeyOf: (name, comment) => `${publicKeyOf(plain(name))} ${comment}`,
    host: {
      address: host.address ?? pulumi.secret(plain("SSH_HOST")),
      hostKey: host.hostKey ?? pulumi.secret(plain("SSH_HOST_KEY")),
    },
    operators: operatorsOf(platform, lookup("OPERATOR_AUTHORIZED_KEYS")),
    registryAuthority: registry.authority ?? lookup("REGISTRY_AUTHORITY"),
    hostSecrets: sealed(
      hostSecretsRequest(settings, {
        registry: { username: plain("REGISTRY_USERNAME"), password: plain("REGISTRY_PASSWORD") },
        origin: certificate === undefined ? undefined : { certificate, privateKey: plain("ORIGIN_PRIVATE_KEY") },
      }),
    ),
    instance: (app) => {
      const { request, fingerprints } = instanceSecrets(settings, app, values, plain("FINGERPRINT_KEY"));
      return { request: request === undefined ? undefined : sealed(request), fingerprints };
    },
  };
}

function operatorsOf(platform: Settings["platform"], lines: string | undefined): readonly OperatorSettings[] {
  return platform.mode === "own" ? mergeOperators(platform.operators, lines ?? "") : [];
}
