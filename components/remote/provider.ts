import { Provider } from "@pulumi/command/provider.js";
import type { ProviderResource } from "@pulumi/pulumi";

/** The explicit provider of every remote command of a stack; components hand it down to their children. Default ones are disabled. */
export function remoteProvider(name: string): ProviderResource {
  return new Provider(name);
}
