import { planApp } from "../../../components/app/plan.ts";
import { Manifest, contractVersion } from "../../../contract/index.ts";
import type { DataRequest, RolloutRequest, SecretsRequest } from "../../../contract/index.ts";

/** A small application for rollouts: an API that is asked, a worker and a beat that hand over, a job that runs first. */

export interface ShopOptions {
  /** Pinned references by name of the image and tag, such as `truealpha/api:v1`. */
  readonly images: Readonly<Record<string, string>>;
  readonly environment?: string;
  /** Tag of the API's image. @default v1 */
  readonly api?: string;
  /** Tag of the image of worker and beat: the API's own, with a program that only lives. @default v1 */
  readonly worker?: string;
  /** Program of the job. @default one that ends well */
  readonly job?: string;
  /** Extra lines of the API's service in the compose file. */
  readonly apiLines?: readonly string[];
  readonly replicas?: number;
  readonly owner?: string;
  readonly epoch?: number;
  readonly commit?: string;
  readonly fingerprint?: string;
  readonly healthTimeoutSeconds?: number;
  readonly settleSeconds?: number;
  readonly drainSeconds?: number;
  /** Path that the smoke check asks, and the status it wants. */
  readonly smoke?: { readonly path: string; readonly status: number };
  readonly host?: string;
}

export const fingerprint = "5".repeat(64);
export const dataFingerprint = "d".repeat(64);

/** Everything a shell, a compose file or a log could trip over. */
export const canary = 'CANARY-"quotes" \'single\' $HOME ${X} `id` back\\slash #hash\nsecond line = "x"\ttab\\';

export function shop(options: ShopOptions): RolloutRequest {
  const environment = options.environment ?? "staging";
  const plan = plannedShop(options);
  const manifest = Manifest.parse({
    instance: `shop-${environment}`,
    app: "shop",
    environment,
    owner: { project: options.owner ?? "shop", stack: environment },
    provenance: { version: options.api ?? "v1", commit: options.commit ?? "abcdef1", requestedBy: "test", run: "local" },
    release: { ...plan.release, secrets: options.fingerprint ?? fingerprint },
  });
  return { contract: contractVersion, request: "rollout", epoch: options.epoch ?? 1, manifest };
}

export function shopData(options: ShopOptions): DataRequest {
  const environment = options.environment ?? "staging";
  const { data } = plannedShop(options);
  return {
    contract: contractVersion,
    request: "data",
    epoch: 1,
    instance: `shop-${environment}`,
    app: "shop",
    environment,
    owner: { project: options.owner ?? "shop", stack: environment },
    document: data.document,
    volumes: [...data.volumes],
    variables: { ...data.variables },
    secrets: dataFingerprint,
    healthTimeoutSeconds: 60,
  };
}

export function shopSecrets(
  environment = "staging",
  app: { readonly fingerprint: string; readonly canary?: string; readonly token?: string } = { fingerprint },
): SecretsRequest {
  const variable = (value: string, onRollback: "release" | "latest" = "release") => ({ value, onRollback });
  return {
    contract: contractVersion,
    request: "secrets",
    epoch: 1,
    instance: `shop-${environment}`,
    environment,
    owner: { project: "shop", stack: environment },
    sets: [
      {
        part: "app",
        fingerprint: app.fingerprint,
        variables: {
          REDIS_PASSWORD: variable("redis-password-of-the-shop"),
          CANARY: variable(app.canary ?? canary),
          FILE_CANARY: variable(app.canary ?? canary),
          TOKEN: variable(app.token ?? "token-of-the-first-set", "latest"),
        },
        services: ["api", "worker", "beat"],
      },
      {
        part: "data",
        fingerprint: dataFingerprint,
        variables: { REDIS_PASSWORD: variable("redis-password-of-the-shop") },
        services: ["redis"],
      },
    ],
  };
}

function plannedShop(options: ShopOptions) {
  const image = (name: string): string => {
    const reference = options.images[name];
    if (reference === undefined) throw new Error(`${name}: was not pushed; there are ${Object.keys(options.images).join(", ")}`);
    return reference;
  };
  const api = image(`truealpha/api:${options.api ?? "v1"}`);
  const worker = image(`truealpha/api:${options.worker ?? "v1"}`);
  const plan = planApp({
    instance: `shop-${options.environment ?? "staging"}`,
    directory: "apps/shop",
    compose: composeText(options),
    config: { "motd.txt": "hello $USER\n" },
    images: { api, worker, beat: worker, job: image("truealpha/api:v1"), redis: image("truealpha/redis:8") },
    variables: [
      { name: "REDIS_PASSWORD", services: ["api", "worker", "beat", "redis"], deliver: "env" },
      { name: "CANARY", services: ["api"], deliver: "env" },
      { name: "TOKEN", services: ["api"], deliver: "env" },
      { name: "FILE_CANARY", services: ["api"], deliver: "file" },
    ],
    environment: {},
    routes: [{ name: "api", host: options.host ?? "shop.truealpha.test", pathPrefix: "/", service: "api", port: 8080 }],
    releaseEcho: { route: "api", path: "/__release" },
    smoke: [
      {
        name: "the API answers",
        route: "api",
        method: "GET",
        path: options.smoke?.path ?? "/healthz",
        headers: {},
        body: null,
        expect: { status: options.smoke?.status ?? 200, contains: null, json: {} },
        timeoutSeconds: 5,
      },
    ],
    strategy: {
      kind: "blue-green",
      healthTimeoutSeconds: options.healthTimeoutSeconds ?? 30,
      settleSeconds: options.settleSeconds ?? 1,
      drainSeconds: options.drainSeconds ?? 2,
    },
    data: { healthTimeoutSeconds: 60 },
  });
  if (plan.kind === "faulty") throw new Error(plan.faults.map((fault) => JSON.stringify(fault)).join("\n"));
  return plan;
}

/** Works at nothing, but lives, ends and fails like a worker. The real ones are in the tests of the whole program. */
const background = `
  if (JSON.parse(require("fs").readFileSync("/app/version.json")).mode === "exits") {
    console.log("this build exits on purpose");
    process.exit(3);
  }
  require("fs").writeFileSync("/dev/shm/alive", "");
  process.on("SIGTERM", () => process.exit(0));
  setInterval(() => undefined, 60_000);
`;

/** The file as a person writes it. */
export function composeText({ job, apiLines = [], replicas = 1 }: ShopOptions): string {
  const program = job ?? 'console.log("the job ran for " + process.env.TERRACE_RELEASE)';
  return `
services:
  redis:
    x-terrace: { role: data }
    image: registry.terrace.test/truealpha/redis
    volumes: ["queue:/data"]
    healthcheck: { test: ["CMD", "/usr/local/bin/healthy"], interval: 2s }
  job:
    x-terrace: { role: job }
    image: registry.terrace.test/truealpha/api
    entrypoint: ["/usr/local/bin/node", "-e", ${JSON.stringify(program)}]
  api:
${apiLines.some((line) => line.startsWith("x-terrace")) ? "" : "    x-terrace: { role: web }"}
    image: registry.terrace.test/truealpha/api
    depends_on: { redis: { condition: service_healthy }, job: { condition: service_completed_successfully } }
    environment: { POSTGRES_USER: none, POSTGRES_DB: none, POSTGRES_PASSWORD: none, TRUEALPHA_DEMO: "1", DRAIN_SECONDS: 5 }
    volumes: ["uploads:/data", "./config/motd.txt:/motd.txt:ro"]
    stop_grace_period: 10s
    deploy: { replicas: ${replicas} }
    healthcheck: { test: ["CMD", "/usr/local/bin/http-ok", "8080", "/healthz"], interval: 2s }
${apiLines.map((line) => `    ${line}\n`).join("")}
  worker:
    x-terrace: { role: worker }
    image: registry.terrace.test/truealpha/api
    entrypoint: ${JSON.stringify(["/usr/local/bin/node", "-e", background])}
    depends_on: { redis: { condition: service_healthy } }
    stop_grace_period: 15s
    healthcheck: { test: ["CMD", "/usr/bin/test", "-f", "/dev/shm/alive"], interval: 2s }
  beat:
    x-terrace: { role: singleton }
    image: registry.terrace.test/truealpha/api
    entrypoint: ${JSON.stringify(["/usr/local/bin/node", "-e", background])}
    depends_on: { redis: { condition: service_healthy } }
    stop_grace_period: 10s
    healthcheck: { test: ["CMD", "/usr/bin/test", "-f", "/dev/shm/alive"], interval: 2s }
volumes:
  queue:
  uploads: { x-terrace: { overlap: safe } }
`;
}
