import { request } from "node:https";
import { getCACertificates } from "node:tls";
import { registryHost } from "./lookupAddress.ts";

/**
 * Whether something that speaks HTTP answers at a registry's address: `undefined`, or the reason why not, in words for people. Never throws;
 * `signal` ends it. Asks the endpoint that every registry has (https://github.com/opencontainers/distribution-spec, end-1) without
 * credentials: 401 is an answer, too.
 *
 * `authority` is the CA certificate (PEM) of a registry that is not publicly trusted.
 */
export function probeRegistry(registry: string, authority: string | undefined, signal: AbortSignal): Promise<string | undefined> {
  const url = `https://${registryHost(registry)}/v2/`;
  const trust = authority === undefined ? {} : { ca: [...getCACertificates("default"), authority] };
  return new Promise((resolve) => {
    const outgoing = request(url, { method: "HEAD", signal, ...trust });
    outgoing.on("error", (error) => resolve(signal.aborted ? "it does not answer" : reasonOf(error)));
    outgoing.on("response", (incoming) => {
      incoming.resume();
      resolve(undefined);
    });
    outgoing.end();
  });
}

function reasonOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name does not resolve";
  if (code === "ECONNREFUSED") return "it refuses connections";
  if (code !== undefined && /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT)/.test(code))
    return `its certificate is not trusted (${code}); give its authority in registry.authority or REGISTRY_AUTHORITY`;
  return error.message;
}
