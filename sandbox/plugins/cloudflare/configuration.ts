import type { CheckFailure, Properties } from "../base/index.ts";

/** What the provider needs to reach the API. */
export interface CloudflareConfiguration {
  readonly baseUrl: string;
  readonly apiToken: string;
}

/** Variables that the official provider also reads and this plugin would have to send. */
const refusedVariables = ["CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL", "CLOUDFLARE_API_USER_SERVICE_KEY"];

/** The form of a token, as the official provider checks it. Never shows the token. */
export function checkConfiguration(config: Properties): readonly CheckFailure[] {
  const token = config["apiToken"];
  if (typeof token !== "string" || /^[0-9A-Za-z\-_]{40,80}$/.test(token)) return [];
  return [{ property: "apiToken", reason: `must be 40 to 80 letters, digits, hyphens and underscores; got ${token.length} characters` }];
}

/**
 * The program's configuration with what the environment adds where it says nothing: `CLOUDFLARE_BASE_URL` and `CLOUDFLARE_API_TOKEN`. Read
 * when the provider is configured and not before, so that neither gets into the state.
 *
 * @throws Error that says what is missing or not known to this plugin
 */
export function readConfiguration(
  config: { readonly apiToken?: string; readonly baseUrl?: string },
  environment: Readonly<Record<string, string | undefined>>,
): CloudflareConfiguration {
  const refused = refusedVariables.filter((name) => environment[name] !== undefined);
  if (refused.length > 0)
    throw new Error(`${refused.join(", ")}: this plugin knows API tokens only; unset it and use CLOUDFLARE_API_TOKEN or apiToken`);
  const apiToken = config.apiToken ?? environment["CLOUDFLARE_API_TOKEN"];
  if (apiToken === undefined || apiToken === "")
    throw new Error("apiToken: must be given, in the provider's arguments or as CLOUDFLARE_API_TOKEN");
  const baseUrl = config.baseUrl ?? environment["CLOUDFLARE_BASE_URL"] ?? "https://api.cloudflare.com/client/v4/";
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? ""))
    throw new Error(`baseUrl: must be an http or https URL; got ${JSON.stringify(baseUrl)}`);
  return { baseUrl, apiToken };
}
