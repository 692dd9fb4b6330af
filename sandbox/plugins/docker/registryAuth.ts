/** How to reach and log in to one registry. */
export interface RegistryLogin {
  /** With its scheme and without a path: `https://registry.example.com`. */
  readonly serverAddress: string;
  readonly username: string;
  readonly password: string;
}

/** One entry of the provider's `registryAuth`. */
export interface RegistryAuth {
  readonly address: string;
  readonly username?: string;
  readonly password?: string;
  readonly authDisabled?: boolean;
}

/** Logins by host. */
export type RegistryLogins = ReadonlyMap<string, RegistryLogin>;

/** Names under which Docker Hub is known; an entry for one of them serves all. */
const dockerHub = ["registry-1.docker.io", "index.docker.io", "docker.io", "registry.hub.docker.com"];

/**
 * The logins that the provider's configuration names. Upstream takes a missing user name or password from `DOCKER_REGISTRY_USER` and
 * `DOCKER_REGISTRY_PASS`, and without a user name reads Docker's configuration file; this plugin refuses the latter.
 *
 * @throws Error that names the entry, without its password
 */
export function registryLogins(
  entries: readonly RegistryAuth[],
  environment: Readonly<Record<string, string | undefined>>,
): RegistryLogins {
  return new Map(
    entries.map((entry, index) => {
      const serverAddress = canonicalAddress(entry.address);
      const host = hostOf(serverAddress);
      if (isEcr(host))
        throw new Error(
          `registryAuth[${index}].address: Amazon's registries have a login of their own, which this plugin does not know; got ${host}`,
        );
      const username = entry.authDisabled === true ? "username" : (entry.username ?? environment["DOCKER_REGISTRY_USER"] ?? "");
      const password = entry.authDisabled === true ? "password" : (entry.password ?? environment["DOCKER_REGISTRY_PASS"] ?? "");
      if (username === "") {
        throw new Error(
          `registryAuth[${index}].username: must be given for ${host}; this plugin does not read Docker's configuration file (set authDisabled for a registry without a login)`,
        );
      }
      return [host, { serverAddress, username, password }];
    }),
  );
}

/** The login for a registry's host; without one the registry is asked over HTTPS and without credentials. */
export function loginFor(registry: string, logins: RegistryLogins): RegistryLogin {
  const own =
    logins.get(registry) ??
    (dockerHub.includes(registry) ? dockerHub.map((name) => logins.get(name)).find((login) => login !== undefined) : undefined);
  return own ?? { serverAddress: `https://${registry}`, username: "", password: "" };
}

/**
 * The `Authorization` header of the first request, as upstream chooses it: Basic, except for registries that take the password itself as a
 * bearer token. Undefined without a user name.
 */
export function firstAuthorization(registry: string, { username, password }: RegistryLogin): string | undefined {
  if (username === "") return undefined;
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  if (registry === "ghcr.io" || registry === "gcr.io" || registry.endsWith(".azurecr.io")) return `Bearer ${base64(password)}`;
  return `Basic ${base64(`${username}:${password}`)}`;
}

function canonicalAddress(address: string): string {
  const scheme = address.startsWith("http://") ? "http://" : "https://";
  return `${scheme}${hostOf(address)}`;
}

function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, "").split("/")[0] ?? "";
}

function isEcr(host: string): boolean {
  return host === "public.ecr.aws" || /dkr\.ecr\..*\.amazonaws\.com$/.test(host);
}
