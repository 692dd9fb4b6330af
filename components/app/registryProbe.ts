import { request } from "node:https";
import { getCACertificates } from "node:tls";
import { registryHost } from "./lookupAddress.ts";

/**
 * Whether something that speaks HTTP answers at a registry's address: `undefined`, or the reason why not, in words for people. Never throws;
 * `signal` ends it. Asks the endpoint that every registry has (https://github.com/opencontainers/distribution-spec, end-1) without
 * credentials: 401 is an answer, too.
 *
 * `authority` is the CA certificate (PEM) of a registry that is not publicly trusted, beside all that Node trusts. To trust them all takes
 * Node some 30 ms, so that is tried only where the one is not enough.
 */
export async function probeRegistry(registry: string, authority: string | undefined, signal: AbortSignal): Promise<string | undefined> {
  const url = `https://${registryHost(registry)}/v2/`;
  if (authority === undefined) return reasonOf(await knock(url, {}, signal), signal);
  const failure = await knock(url, { ca: authority }, signal);
  if (!isDistrust(failure)) return reasonOf(failure, signal);
  return reasonOf(await knock(url, { ca: [...getCACertificates("default"), authority] }, signal), signal);
}

function knock(url: string, trust: { readonly ca?: string | string[] }, signal: AbortSignal): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const outgoing = request(url, { method: "HEAD", signal, ...trust });
    outgoing.on("error", resolve);
    outgoing.on("response", (incoming) => {
      incoming.resume();
      resolve(undefined);
    });
    outgoing.end();
  });
}

function reasonOf(error: Error | undefined, signal: AbortSignal): string | undefined {
  if (error === undefined) return undefined;
  if (signal.aborted) return "it does not answer";
  const code = codeOf(error);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name does not resolve";
  if (code === "ECONNREFUSED") return "it refuses connections";
  if (isDistrust(error)) return `its certificate is not trusted (${code}); give its authority in registry.authority or REGISTRY_AUTHORITY`;
  return error.message;
}

const isDistrust = (error: Error | undefined): boolean => /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT)/.test(codeOf(error));

const codeOf = (error: Error | undefined): string =>
  error !== undefined && "code" in error && typeof error.code === "string" ? error.code : "";
