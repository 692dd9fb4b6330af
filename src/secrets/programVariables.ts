import type { Generation } from "./secretsFile.ts";
import type { Validation } from "./validation.ts";

/** A variable that the program itself reads, as opposed to those that containers see. They stand in the folder `secretStore.path`. */
interface ProgramDeclaration {
  readonly description: string;
  readonly validate: Validation;
  readonly generate?: Generation;
  /** Absent is fine. */
  readonly optional?: true;
}

const text: Validation = { kind: "text", minimumLength: 1, literal: false };

export const programVariables = {
  SSH_HOST: { description: "Address of the server", validate: { kind: "address" } },
  SSH_HOST_KEY: {
    description: "The server's ed25519 host key, from its /etc/ssh/ssh_host_ed25519_key.pub",
    validate: { kind: "sshPublicKey" },
  },
  SSH_USER: { description: "User that releases: deploy-<environment>", validate: text },
  SSH_PRIVATE_KEY: { description: "Key of SSH_USER", validate: { kind: "sshPrivateKey" }, generate: { kind: "sshKey" } },
  PLATFORM_SSH_USER: { description: "User that makes the platform: root, or one with sudo", validate: text },
  PLATFORM_SSH_PRIVATE_KEY: { description: "Key of PLATFORM_SSH_USER", validate: { kind: "sshPrivateKey" } },
  OPERATOR_AUTHORIZED_KEYS: {
    description: "Public keys of people who may run terrace on the host, one per line: ssh-ed25519 AAAA… <login name>",
    validate: { kind: "sshPublicKeys" },
    optional: true,
  },
  CLOUDFLARE_API_TOKEN: {
    description: "Token for the zone, no more rights than needed",
    // Cloudflare's provider refuses any other form (terraform-provider-cloudflare v5, `ProviderSchema`).
    validate: { ...text, pattern: "[0-9A-Za-z_-]{40,80}" },
  },
  CLOUDFLARE_ZONE_ID: { description: "Id of the zone", validate: { ...text, pattern: "[0-9a-f]{32}" } },
  REGISTRY_USERNAME: { description: "User that may pull the images", validate: text },
  REGISTRY_PASSWORD: { description: "Password or token of REGISTRY_USERNAME", validate: text },
  REGISTRY_AUTHORITY: {
    description: "CA certificate of a registry whose own is not publicly trusted",
    validate: { kind: "certificate" },
    optional: true,
  },
  ORIGIN_CERTIFICATE: { description: "Certificate that the server shows the edge, with its chain", validate: { kind: "certificate" } },
  ORIGIN_PRIVATE_KEY: { description: "Key of ORIGIN_CERTIFICATE", validate: { kind: "privateKey" } },
  FINGERPRINT_KEY: {
    description: "Key of the fingerprints that name secret sets in manifests",
    validate: { kind: "hex", minimumBytes: 32 },
    generate: { kind: "hex", bytes: 32 },
  },
} as const satisfies Record<string, ProgramDeclaration>;

export type ProgramVariable = keyof typeof programVariables;
export type PrivateKeyVariable = "SSH_PRIVATE_KEY" | "PLATFORM_SSH_PRIVATE_KEY";

/** What the settings say about which of them a stack needs. */
export interface ProgramNeeds {
  readonly ownPlatform: boolean;
  readonly edge: boolean;
  readonly routes: boolean;
  /** The stack file says the address or the host key itself. */
  readonly address: boolean;
  readonly hostKey: boolean;
}

/** The variables that a stack reads, those it can do without included, in the order of the table. */
export function neededVariables(needs: ProgramNeeds): readonly ProgramVariable[] {
  const without = new Set<ProgramVariable>();
  if (needs.address) without.add("SSH_HOST");
  if (needs.hostKey) without.add("SSH_HOST_KEY");
  if (!needs.ownPlatform)
    for (const name of ["PLATFORM_SSH_USER", "PLATFORM_SSH_PRIVATE_KEY", "OPERATOR_AUTHORIZED_KEYS"] as const) without.add(name);
  if (!needs.edge) for (const name of ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ZONE_ID"] as const) without.add(name);
  if (!needs.routes) for (const name of ["ORIGIN_CERTIFICATE", "ORIGIN_PRIVATE_KEY"] as const) without.add(name);
  return (Object.keys(programVariables) as ProgramVariable[]).filter((name) => !without.has(name));
}
