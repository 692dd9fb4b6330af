import { join } from "node:path";
import { z } from "zod";
import { HostSecretsRequest, canonicalJson } from "../../contract/index.ts";
import type { Context, HostSecretStore } from "../context.ts";
import { Failure, succeeded } from "../ending.ts";
import type { Ending } from "../ending.ts";
import { readIfPresent, replaceFile } from "../files.ts";
import type { HostPaths } from "../paths.ts";
import { makeManagedDirectory } from "../platform/managedFile.ts";
import { verb } from "../verb.ts";
import { certificateWarning, placeCertificates } from "./certificates.ts";
import { seal, unseal } from "./seal.ts";
import type { SecretsWorld } from "./store.ts";

/** Without a hyphen, which every instance's name has: no instance can mean the same folder. */
export const hostSecretsFolder = "hostsecrets";

/** Each environment's own: two that share a server are brought up at the same time, and neither touches the other's files. */
const leaseOf = (environment: string): string => `${hostSecretsFolder}.${environment}`;

/** Keeps what the host itself needs for an environment. Comes before the platform's ingress, and before anything is pulled. */
export const hostSecretsVerb = verb({
  accepts: "host-secrets",
  lease: ({ environment }) => leaseOf(environment),
  run: keepHostSecrets,
});

const Registries = HostSecretsRequest.shape.registries;
type Registries = z.infer<typeof Registries>;

const folderOf = (paths: HostPaths): string => paths.instance(hostSecretsFolder);
const sealedPath = ({ paths }: SecretsWorld, environment: string): string => join(folderOf(paths), `${environment}.sealed`);
const sealedName = (environment: string): string => `terrace-host-${environment}`;

async function keepHostSecrets(request: HostSecretsRequest, context: Context): Promise<Ending> {
  const { environment, registries, originCertificates } = request;
  const placed = await placeCertificates(context, environment, originCertificates);
  const kept = await keepRegistries(context, environment, registries);
  for (const certificate of originCertificates) {
    const warning = certificateWarning(certificate, context.clock.now());
    if (warning !== undefined) context.progress.warn(warning);
  }
  const unchanged = placed === "unchanged" && kept === "unchanged";
  const what = `${environment}: credentials of ${counted(registries.length, "registry", "registries")}, ${counted(originCertificates.length, "origin certificate", "origin certificates")}`;
  return succeeded({ outcome: unchanged ? "unchanged" : "deployed", code: "ok", what: unchanged ? `${what}, as before` : what });
}

async function keepRegistries(context: SecretsWorld, environment: string, registries: Registries): Promise<"unchanged" | "kept"> {
  const path = sealedPath(context, environment);
  const plain = canonicalJson(registries);
  const sealed = await readIfPresent(path);
  if (sealed !== undefined) {
    const present = await unseal(context.execute, sealedName(environment), sealed);
    if (present.kind === "plain" && present.text === plain) return "unchanged";
  }
  await makeManagedDirectory({ path: folderOf(context.paths), mode: 0o700 });
  await replaceFile(path, await seal(context.execute, sealedName(environment), plain), 0o600);
  return "kept";
}

/** Registry credentials, unsealed for the one pull that needs them. */
export function hostSecretStore(world: SecretsWorld): HostSecretStore {
  return {
    registryCredentials: async (environment, registryAddress) => {
      const sealed = await readIfPresent(sealedPath(world, environment));
      if (sealed === undefined) return undefined;
      const found = await unseal(world.execute, sealedName(environment), sealed);
      if (found.kind === "unreadable") {
        const what = `the registry credentials of ${environment} cannot be unsealed: ${found.what}; raise the epoch of its host secrets`;
        throw new Failure("refused", "secrets_absent", what);
      }
      const registry = Registries.parse(JSON.parse(found.text)).find(({ address }) => address === registryAddress);
      return registry === undefined ? undefined : { username: registry.username, password: registry.password };
    },
  };
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? `no ${one}` : `${count} ${count === 1 ? one : many}`;
}
