import { UserError } from "../settings/userError.ts";

/** The three values that a CI system stores per environment (requirement A5), and where the server is. */
export interface StoreCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly projectId: string;
  /** Without a slash at its end. */
  readonly siteUrl: string;
}

export const defaultSiteUrl = "https://app.infisical.com";

/** Our names, and those that Infisical's own command line reads. */
const names = {
  clientId: ["INFISICAL_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"],
  clientSecret: ["INFISICAL_CLIENT_SECRET", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"],
  projectId: ["INFISICAL_PROJECT_ID"],
} as const;

/**
 * Reads the credentials from environment variables; blanks around them are cut off, since a line break at the end of a CI secret ends in
 * "Invalid credentials" (Infisical/infisical#5070). Throws one UserError with everything that is missing.
 */
export function readCredentials(environment: NodeJS.ProcessEnv, settingsUrl: string | undefined): StoreCredentials {
  const found = {
    clientId: firstOf(environment, names.clientId),
    clientSecret: firstOf(environment, names.clientSecret),
    projectId: firstOf(environment, names.projectId),
  };
  const missing = Object.entries(found).flatMap(([key, value]) => (value === undefined ? [names[key as keyof typeof names][0]] : []));
  const { clientId, clientSecret, projectId } = found;
  if (clientId === undefined || clientSecret === undefined || projectId === undefined) {
    throw new UserError(
      `secret store: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not set; set ${missing.length === 1 ? "it" : "them"} to the machine identity of this environment (docs/own-servers.md), or run "source sandbox/env" in the sandbox`,
    );
  }
  const siteUrl = (settingsUrl ?? firstOf(environment, ["INFISICAL_SITE_URL"]) ?? defaultSiteUrl).replace(/\/+$/, "");
  const fault = siteUrlFault(siteUrl);
  if (fault !== undefined) throw new UserError(`secret store: INFISICAL_SITE_URL ${fault}`);
  return { clientId, clientSecret, projectId, siteUrl };
}

function firstOf(environment: NodeJS.ProcessEnv, candidates: readonly string[]): string | undefined {
  for (const candidate of candidates) {
    const value = environment[candidate]?.trim();
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}

/** What is wrong with the address of an Infisical server, or `undefined`. Below a base path is fine; plain HTTP only on the machine itself. */
export function siteUrlFault(value: string): string | undefined {
  const url = URL.parse(value);
  const fault = "must be an https URL without credentials and query, such as https://app.infisical.com";
  if (url === null || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") return fault;
  const isLocal = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && isLocal) ? undefined : fault;
}
