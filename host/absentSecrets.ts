import type { HostSecretStore, SecretStore } from "./context.ts";
import { Failure } from "./ending.ts";

/** A host that holds no secret set. Stands until `host/secrets/store.ts` is wired in `production.ts`, and in tests of what needs none. */
export const absentSecrets: SecretStore = {
  open: (instance, fingerprint) =>
    Promise.reject(new Failure("refused", "secrets_absent", `${instance}: this host holds no secret set ${fingerprint.slice(0, 12)}`)),
  has: () => Promise.resolve(false),
  latest: () => Promise.resolve(undefined),
};

export const absentHostSecrets: HostSecretStore = {
  registryCredentials: () => Promise.resolve(undefined),
};
