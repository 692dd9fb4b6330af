import {
  canonicalJson,
  contractVersion,
  instanceName,
  secretFingerprint,
  type SecretSet,
  type SecretsRequest,
} from "../../contract/index.ts";
import type { Settings } from "../settings/settings.ts";
import { type Collected, valueOf } from "./collect.ts";
import type { VariableDeclaration } from "./secretsFile.ts";
import type { InstanceSecrets } from "./secretValues.ts";

/** What the containers of an instance see, in plain: the request holds values and becomes a Pulumi secret before it leaves this folder. */
export interface PlainInstanceSecrets extends Pick<InstanceSecrets, "fingerprints"> {
  readonly request: string | undefined;
}

type Part = SecretSet["part"];

export function instanceSecrets(settings: Settings, app: string, values: Collected, fingerprintKey: string): PlainInstanceSecrets {
  const resolved = settings.apps[app];
  if (resolved === undefined) throw new Error(`secrets of "${app}": there is no such app in the settings`);
  const { roles, secrets } = resolved.files;
  const instance = instanceName(app, settings.environment);
  const sets = (["app", "data"] as const).flatMap((part) => {
    const services = Object.keys(roles).filter((service) => (roles[service] === "data") === (part === "data"));
    return secretSet(part, instance, services, Object.entries(secrets.variables), values, fingerprintKey);
  });
  const fingerprintOf = (part: Part): string | null => sets.find((set) => set.part === part)?.fingerprint ?? null;
  return {
    request: sets.length === 0 ? undefined : requestText(settings, instance, resolved.secretsEpoch, sets),
    fingerprints: { app: fingerprintOf("app"), data: fingerprintOf("data") },
  };
}

/** The set of one part: none where no service of it needs a variable. */
function secretSet(
  part: Part,
  instance: string,
  services: readonly string[],
  variables: readonly (readonly [string, VariableDeclaration])[],
  values: Collected,
  key: string,
): SecretSet[] {
  const wanted = variables.filter(([, declaration]) => declaration.services.some((service) => services.includes(service)));
  if (wanted.length === 0) return [];
  const members = wanted.map(([name, { path, onRollback }]) => [name, { value: valueOf(values, path, name), onRollback }] as const);
  const plain = Object.fromEntries(members.map(([name, { value }]) => [name, value]));
  return [
    {
      part,
      fingerprint: declassify(key, `${instance}/${part}`, plain),
      variables: Object.fromEntries(members),
      services: services.filter((service) => wanted.some(([, declaration]) => declaration.services.includes(service))),
    },
  ];
}

/** The one place where something made from secret values becomes public: the keyed name of a whole set, and nothing else. */
function declassify(key: string, scope: string, values: Readonly<Record<string, string>>): string {
  return secretFingerprint(key, scope, values);
}

function requestText(settings: Settings, instance: string, epoch: number, sets: SecretSet[]): string {
  const request: SecretsRequest = {
    contract: contractVersion,
    request: "secrets",
    epoch,
    instance,
    environment: settings.environment,
    owner: { project: settings.project, stack: settings.environment },
    sets,
  };
  return canonicalJson(request);
}
