import type { PlanInput } from "../../../components/app/plan.ts";

export const pinned = (service: string, character = "a"): string =>
  `registry.example.com/shop/${service}:1.4.2@sha256:${character.repeat(64)}`;

/** An ordinary compose file of a small shop, as people write it. */
export const shopCompose = `
x-check: &check
  test: ["CMD", "/healthz"]
  interval: 5s

services:
  postgres:
    x-terrace: {role: data}
    image: registry.example.com/shop/postgres
    healthcheck: *check
    cap_add: [CHOWN, SETUID, SETGID]
    volumes: ["database:/var/lib/postgresql/data"]
  api:
    x-terrace: {role: web}
    image: registry.example.com/shop/api
    command: [serve, --port, 8000]
    environment:
      LOG_LEVEL: info
      GREETING: "costs $$5"
      DATABASE_PASSWORD:
    depends_on: {postgres: {condition: service_healthy}, migrate: {condition: service_completed_successfully}}
    healthcheck: *check
    volumes: ["uploads:/srv/uploads", "./config/app.ini:/etc/app.ini:ro"]
    tmpfs: /tmp:size=64m
    read_only: true
    deploy: {replicas: 2, resources: {limits: {cpus: "2.0", memory: 4g}}}
  migrate:
    x-terrace: {role: job}
    image: registry.example.com/shop/api
    command: [migrate]
  worker:
    x-terrace: {role: worker}
    image: registry.example.com/shop/worker
    depends_on: [postgres]
    healthcheck: {test: "ping-worker"}
    stop_grace_period: 60s
  beat:
    x-terrace: {role: singleton}
    image: registry.example.com/shop/worker
    healthcheck: *check
volumes:
  database:
  uploads:
    x-terrace: {overlap: safe}
`;

export function shop(change: Partial<PlanInput> = {}): PlanInput {
  return {
    instance: "shop-staging",
    directory: "apps/shop",
    compose: shopCompose,
    config: { "app.ini": "[app]\n" },
    images: { postgres: pinned("postgres"), api: pinned("api"), migrate: pinned("api"), worker: pinned("worker"), beat: pinned("worker") },
    variables: [
      { name: "DATABASE_PASSWORD", services: ["api", "postgres", "worker"], deliver: "env" },
      { name: "SIGNING_KEY", services: ["api"], deliver: "file" },
    ],
    environment: { api: { LOG_LEVEL: "debug", PRICE: "$5" } },
    routes: [{ name: "api", host: "shop.example.com", pathPrefix: "/", service: "api", port: 8000 }],
    releaseEcho: { route: "api", path: "/release" },
    smoke: [],
    strategy: { kind: "blue-green", healthTimeoutSeconds: 60, settleSeconds: 15, drainSeconds: 30 },
    data: { healthTimeoutSeconds: 180 },
    ...change,
  };
}
