import type { Input, Output } from "@pulumi/pulumi";
import type { OperatorSettings } from "../../components/platform/schema.ts";
import type { PrivateKeyVariable, ProgramVariable } from "./programVariables.ts";

/**
 * What the program gets from the secret store. Plain values never leave `src/secrets`: what comes out is a Pulumi secret, a public half, or
 * a fingerprint.
 */
export interface SecretValues {
  /** A variable of the program itself. Throws for one that this stack's settings do not need (see `programVariables.ts`): that is a bug. */
  secret(name: ProgramVariable): Output<string>;
  /** Public half of a private key, `ssh-ed25519 AAAA… <comment>`: plain, so that a reviewer sees whose key it is. */
  publicKeyOf(name: PrivateKeyVariable, comment: string): string;
  /** Address and host key to connect to: plain from the stack file, else secrets from SSH_HOST and SSH_HOST_KEY. */
  readonly host: { readonly address: Input<string>; readonly hostKey: Input<string> };
  /** People of the stack file and of OPERATOR_AUTHORIZED_KEYS, merged by name and sorted. Public keys are public: plain. */
  readonly operators: readonly OperatorSettings[];
  /** CA certificate (PEM) of the registry: from the stack file, else REGISTRY_AUTHORITY; `undefined` where neither says one. Public: plain. */
  readonly registryAuthority: string | undefined;
  /** `HostSecretsRequest`, sealed for the host: registry credentials and origin certificate. Secret all the same. */
  readonly hostSecrets: Output<string>;
  /** What the containers of an app see. Throws for an app that is not in the settings: that is a bug. */
  instance(app: string): InstanceSecrets;
}

export interface InstanceSecrets {
  /** `SecretsRequest`, sealed for the host, a Pulumi secret all the same; `undefined` where no service needs one, so that there is nothing to send. */
  readonly request: Output<string> | undefined;
  /** Public names of the two sets, plain and known at the first preview; `null`: no service of that part needs one. */
  readonly fingerprints: { readonly app: string | null; readonly data: string | null };
}
