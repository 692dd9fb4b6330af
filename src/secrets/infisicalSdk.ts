import type { InfisicalSDK } from "@infisical/sdk";
import { registerHooks } from "node:module";

/** Packages of the SDK's login by AWS identities: half of what it loads. */
const unused = ["@aws-crypto/sha256-js", "@aws-sdk/credential-providers", "@smithy/protocol-http", "@smithy/signature-v4"];

const standIn = new URL("./noAws.ts", import.meta.url).href;

/**
 * Loads Infisical's SDK, without what it would need only for a login by AWS: this program logs in by universal auth, and every run waits for
 * the loading.
 */
export async function loadInfisicalSdk(): Promise<typeof InfisicalSDK> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      unused.includes(specifier) && context.parentURL?.includes("/@infisical/sdk/") === true
        ? { url: standIn, shortCircuit: true }
        : next(specifier, context),
  });
  try {
    return (await import("@infisical/sdk")).InfisicalSDK;
  } finally {
    hooks.deregister();
  }
}
