import * as pulumi from "@pulumi/pulumi";
import type { OperatorSettings } from "../../components/platform/schema.ts";
import type { DeclaredSettings, Settings } from "../settings/settings.ts";
import { faultsBetween, type Lookup } from "./between.ts";
import { type Collected, collect, placeOf, valueOf } from "./collect.ts";
import { readCredentials } from "./credentials.ts";
import { hostSecretsRequest } from "./hostSecrets.ts";
import { infisicalStore } from "./infisical.ts";
import { instanceSecrets } from "./instanceSets.ts";
import { mergeOperators } from "./operators.ts";
import type { ProgramVariable } from "./programVariables.ts";
import { foldersOf, type Requirement, requirementsOf } from "./requirement.ts";
import type { SecretValues } from "./secretValues.ts";
import type { SecretSource } from "./source.ts";
import { publicKeyOf } from "./sshKey.ts";

/**
 * Reads everything that a stack needs from its secret store, with one login. Throws a UserError that says why it could not, or one that
 * names everything missing and malformed. From here on values are Pulumi secrets.
 */
export async function readSecrets(settings: Settings, source: SecretSource = sourceOf(settings)): Promise<SecretValues> {
  const requirements = requirementsOf(settings);
  const folders = await source.read(foldersOf(requirements));
  const folder = settings.secretStore.path;
  const lookup = (values: Collected): Lookup => lookupOf(values, requirements, folder);
  const values = collect(requirements, folders, { source: source.name, stack: settings.environment }, (found) =>
    faultsBetween(settings, lookup(found), (name) => placeOf(folder, name)),
  );
  return secretValues(settings, values, lookup(values));
}

/** The store that the settings and this process's environment name. */
export function sourceOf(settings: DeclaredSettings | Settings): ReturnType<typeof infisicalStore> {
  const { siteUrl, environment } = settings.secretStore;
  return infisicalStore(readCredentials(process.env, siteUrl), environment ?? settings.environment);
}

/** A variable of the program that this stack does not need has no value, whatever the store holds. */
function lookupOf(values: Collected, requirements: readonly Requirement[], folder: string): Lookup {
  const needed = new Set(requirements.filter(({ neededBy }) => neededBy === "the program").map(({ name }) => name));
  return (name) => (needed.has(name) ? values.value(folder, name) : undefined);
}

function secretValues(settings: Settings, values: Collected, lookup: Lookup): SecretValues {
  const plain = (name: ProgramVariable): string => valueOf(values, settings.secretStore.path, name);
  const certificate = lookup("ORIGIN_CERTIFICATE");
  const { host, registry, platform } = settings;
  return {
    secret: (name) => pulumi.secret(plain(name)),
    publicKeyOf: (name, comment) => `${publicKeyOf(plain(name))} ${comment}`,
    host: {
      address: host.address ?? pulumi.secret(plain("SSH_HOST")),
      hostKey: host.hostKey ?? pulumi.secret(plain("SSH_HOST_KEY")),
    },
    operators: operatorsOf(platform, lookup("OPERATOR_AUTHORIZED_KEYS")),
    registryAuthority: registry.authority ?? lookup("REGISTRY_AUTHORITY"),
    hostSecrets: pulumi.secret(
      hostSecretsRequest(settings, {
        registry: { username: plain("REGISTRY_USERNAME"), password: plain("REGISTRY_PASSWORD") },
        origin: certificate === undefined ? undefined : { certificate, privateKey: plain("ORIGIN_PRIVATE_KEY") },
      }),
    ),
    instance: (app) => {
      const { request, fingerprints } = instanceSecrets(settings, app, values, plain("FINGERPRINT_KEY"));
      return { request: request === undefined ? undefined : pulumi.secret(request), fingerprints };
    },
  };
}

function operatorsOf(platform: Settings["platform"], lines: string | undefined): readonly OperatorSettings[] {
  return platform.mode === "own" ? mergeOperators(platform.operators, lines ?? "") : [];
}
