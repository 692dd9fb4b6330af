import type { Manifest } from "../../contract/index.ts";

export const digestOf = (character: string): string => `sha256:${character.repeat(64)}`;

/** A small, valid manifest: one web service with a route, one worker. */
export function exampleManifest(): Manifest {
  return {
    instance: "shop-staging",
    app: "shop",
    environment: "staging",
    owner: { project: "terrace", stack: "staging" },
    provenance: { version: "1.4.2", commit: "0a1b2c3", requestedBy: "ada@example.com", run: "local" },
    release: {
      runtime: {
        kind: "compose",
        document: {
          services: {
            api: { image: `registry.example.com/shop/api:1.4.2@${digestOf("a")}`, environment: { DATABASE_PASSWORD: null } },
            worker: { image: `registry.example.com/shop/worker:1.4.2@${digestOf("b")}` },
          },
        },
      },
      services: {
        api: { role: "web", waitFor: ["postgres"], secrets: { env: ["DATABASE_PASSWORD"], file: [] }, update: "overlap" },
        worker: { role: "worker", waitFor: [], secrets: { env: [], file: [] }, update: "overlap" },
      },
      routes: [{ name: "api", host: "api.staging.example.com", pathPrefix: "/", service: "api", port: 8000 }],
      checks: { releaseEcho: { route: "api", path: "/__release" }, smoke: [] },
      strategy: { kind: "blue-green", healthTimeoutSeconds: 60, settleSeconds: 15, drainSeconds: 30 },
      config: {},
      secrets: "f".repeat(64),
    },
  };
}
