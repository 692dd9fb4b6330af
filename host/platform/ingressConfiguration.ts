import { stringify } from "yaml";
import type { PlatformRequest } from "../../contract/index.ts";

/** Where the ingress finds its files, inside its container. `host/secrets` names certificates by these paths. */
export const insideIngress = {
  configuration: "/etc/traefik/traefik.yml",
  dynamic: "/etc/traefik/dynamic",
  certificates: "/etc/traefik/certificates",
} as const;

/** Traefik's API and health check, on a loopback that only the ingress itself and `nsenter` can reach. */
export const ingressApiAddress = { host: "127.0.0.1", port: 8080 } as const;

/** Names that routers of instances refer to. */
export const entryPoints = { plain: "web", secure: "websecure" } as const;

const header = "# Written by Terrace; whatever is changed here by hand is taken back when the platform is applied again.\n";

type IngressSettings = Pick<PlatformRequest["ingress"], "trustedProxies" | "minimumTlsVersion">;

/** Traefik's static configuration (https://doc.traefik.io/traefik/v3.6/reference/install-configuration/). */
export function ingressConfiguration({ trustedProxies }: IngressSettings): string {
  const forwardedHeaders = trustedProxies.length === 0 ? {} : { forwardedHeaders: { trustedIPs: [...trustedProxies] } };
  const transport = {
    // A whole request must arrive in this time, uploads over slow lines too. Traefik's default is 60 s; without a limit a client that
    // sends one byte a minute holds a connection for ever.
    respondingTimeouts: { readTimeout: "300s", idleTimeout: "180s" },
    // At a stop of the ingress: no new connections, and this long for what is under way.
    lifeCycle: { graceTimeOut: "10s" },
  };
  return (
    header +
    stringify({
      global: { checkNewVersion: false, sendAnonymousUsage: false },
      log: { level: "INFO", format: "json" },
      // "insecure" means: without an entry point of its own. It listens where only this container can reach it; see ingressApiAddress.
      api: { insecure: true, dashboard: false },
      ping: { entryPoint: "traefik" },
      entryPoints: {
        traefik: { address: `${ingressApiAddress.host}:${ingressApiAddress.port}` },
        [entryPoints.plain]: {
          address: ":80",
          ...forwardedHeaders,
          transport,
          http: { redirections: { entryPoint: { to: entryPoints.secure, scheme: "https", permanent: true } } },
        },
        // Every router here speaks TLS, also one that forgets to say so.
        [entryPoints.secure]: { address: ":443", ...forwardedHeaders, transport, http: { tls: {} } },
      },
      providers: {
        // Traefik's default waits 2 s between two readings; each rollout would wait as long.
        providersThrottleDuration: "100ms",
        file: { directory: insideIngress.dynamic, watch: true },
      },
    })
  );
}

/**
 * The part of the dynamic configuration that belongs to the platform. A name for which no certificate was given gets no answer at all:
 * Traefik would show one that it made up, and an edge that does not verify would take it.
 */
export function ingressTlsOptions({ minimumTlsVersion }: IngressSettings): string {
  const minVersion = minimumTlsVersion === "1.3" ? "VersionTLS13" : "VersionTLS12";
  return header + stringify({ tls: { options: { default: { minVersion, sniStrict: true } } } });
}
