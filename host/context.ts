import type { Actor } from "../contract/index.ts";
import type { Clock } from "./clock.ts";
import type { Execute } from "./command.ts";
import type { Docker } from "./docker/docker.ts";
import type { IngressApi } from "./ingress/api.ts";
import type { HostPaths } from "./paths.ts";
import type { Progress } from "./progress.ts";

/** One variable of a sealed set. `onRollback`: which value a rollback gives the old release; see `contract/secrets.ts`. */
export interface SealedVariable {
  readonly value: string;
  readonly onRollback: "release" | "latest";
}

export type SecretPart = "app" | "data";

/** Secret sets of instances, sealed on this host. Implemented in `host/secrets`. */
export interface SecretStore {
  /** Values of a set. Throws `Failure("refused", "secrets_absent")` when the host does not hold it or cannot unseal it. */
  open(instance: string, fingerprint: string): Promise<Readonly<Record<string, SealedVariable>>>;
  /** Fingerprint of the set that was sealed last for a part of the instance, or `undefined` when there is none. */
  latest(instance: string, part: SecretPart): Promise<string | undefined>;
}

export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

/** What the host itself needs, per environment. Implemented in `host/secrets`. */
export interface HostSecretStore {
  /** Credentials for a registry such as `registry.example.com:5000`; `undefined`: none are known, so the registry is asked without. */
  registryCredentials(environment: string, registryAddress: string): Promise<RegistryCredentials | undefined>;
}

/** The running program itself. */
export interface Program {
  /** SHA-256 of the bundle. */
  readonly sha256: string;
  /** Its content-addressed path, for the program to call itself by. */
  readonly path: string;
}

/** Everything a verb may use of the world. Tests give their own. */
export interface Context {
  readonly paths: HostPaths;
  readonly docker: Docker;
  readonly ingress: IngressApi;
  readonly execute: Execute;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly secrets: SecretStore;
  readonly hostSecrets: HostSecretStore;
  /** Who asked, as the host saw it: for reports and history. */
  readonly actor: Actor;
  readonly program: Program;
}
