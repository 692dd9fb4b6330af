import { Manifest, releaseId } from "../../contract/index.ts";
import type { ComposeService, Release, RolloutRequest } from "../../contract/index.ts";
import type { Current } from "../../host/state/current.ts";
import type { Journal } from "../../host/state/journal.ts";

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
export const image = (name: string, letter = "a"): string => `registry.example.com/shop/${name}:1.0@${digest(letter)}`;

const healthcheck = { test: ["CMD", "true"], interval: "5s", timeout: "5s", retries: 3 };
const service = (name: string): ComposeService => ({ image: image(name), healthcheck });
const plan = { waitFor: [], secrets: { env: [], file: [] }, update: "overlap" } as const;

export function release(changes: Partial<Release> = {}): Release {
  return {
    runtime: {
      kind: "compose",
      document: { services: { api: service("api"), worker: service("worker"), beat: service("worker"), setup: { image: image("api") } } },
    },
    services: {
      api: { ...plan, role: "web", waitFor: [], secrets: { env: [], file: [] } },
      worker: { ...plan, role: "worker", waitFor: [], secrets: { env: [], file: [] } },
      beat: { ...plan, role: "singleton", waitFor: [], secrets: { env: [], file: [] } },
      setup: { ...plan, role: "job", waitFor: [], secrets: { env: [], file: [] } },
    },
    routes: [{ name: "api", host: "shop.example.com", pathPrefix: "/", service: "api", port: 8080 }],
    checks: { releaseEcho: null, smoke: [] },
    strategy: { kind: "blue-green", healthTimeoutSeconds: 30, settleSeconds: 5, drainSeconds: 5 },
    config: {},
    secrets: null,
    ...changes,
  };
}

export function manifest(changes: Partial<Release> = {}): Manifest {
  return Manifest.parse({
    instance: "shop-prod",
    app: "shop",
    environment: "prod",
    owner: { project: "shop", stack: "prod" },
    provenance: { version: "1.0.0", commit: "abcdef1", requestedBy: "ann", run: "local" },
    release: release(changes),
  });
}

export function rolloutRequest(changes: Partial<Release> = {}): RolloutRequest {
  return { contract: 1, request: "rollout", epoch: 1, manifest: manifest(changes) };
}

export function current(changes: Partial<Current> = {}): Current {
  return {
    instance: "shop-prod",
    release: "sha-abcdef1__20261121T100000Z",
    releaseId: releaseId(manifest()),
    colour: "blue",
    rollout: 1,
    epoch: 1,
    version: "1.0.0",
    commit: "abcdef1",
    images: {},
    since: "2026-11-21T10:00:00.000Z",
    by: { user: "root", key: null },
    ...changes,
  };
}

export function journal(changes: Partial<Journal> = {}): Journal {
  return {
    instance: "shop-prod",
    rollout: 2,
    request: "rollout",
    phase: "start",
    release: "sha-abcdef2__20261121T110000Z",
    releaseId: "2".repeat(64),
    colour: "green",
    epoch: 1,
    startedAt: "2026-11-21T11:00:00.000Z",
    actor: { user: "deploy-prod", key: "SHA256:abc" },
    reason: null,
    before: current(),
    routerFile: null,
    token: "t".repeat(48),
    ...changes,
  };
}
