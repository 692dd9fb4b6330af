import { Provider } from "@pulumi/cloudflare/provider.js";
import type { Output, ProviderResource } from "@pulumi/pulumi";

/** The explicit provider of everything at Cloudflare; `Edge` hands it down. `apiToken` is secret, see `SecretValues`. */
export function cloudflareProvider(name: string, apiToken: Output<string>): ProviderResource {
  return new Provider(name, { apiToken });
}
