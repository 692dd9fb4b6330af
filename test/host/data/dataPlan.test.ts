import assert from "node:assert/strict";
import type { DataRequest } from "../../../contract/index.ts";
import { capabilityFault, DataRequest as Schema } from "../../../contract/index.ts";
import { planData } from "../../../host/data/dataPlan.ts";

const digest = "a".repeat(64);
const healthcheck = { test: ["CMD", "true"], interval: "5s", timeout: "2s", retries: 3 };

export const request: DataRequest = Schema.parse({
  contract: 1,
  request: "data",
  epoch: 1,
  instance: "shop-staging",
  app: "shop",
  environment: "staging",
  owner: { project: "terrace", stack: "staging" },
  document: {
    services: {
      postgres: {
        image: `registry.test/postgres:17@sha256:${digest}`,
        environment: { PGDATA: "/data", POSTGRES_PASSWORD: null },
        healthcheck,
        volumes: [{ type: "volume", source: "database", target: "/data" }],
        labels: { team: "shop" },
        restart: "no",
      },
      redis: { image: `registry.test/redis:8@sha256:${digest}`, healthcheck },
    },
    networks: { default: { external: true, name: "shop-staging-data" } },
    volumes: { database: { external: true, name: "shop-staging_database" } },
  },
  volumes: ["uploads", "database"],
  variables: { postgres: ["POSTGRES_PASSWORD"], redis: [] },
  secrets: "f".repeat(64),
  healthTimeoutSeconds: 60,
});

const labels = (service: string) => ({
  "dev.terrace.instance": "shop-staging",
  "dev.terrace.environment": "staging",
  "dev.terrace.part": "data",
  "dev.terrace.service": service,
  "dev.terrace.role": "data",
});

/** The request with one part of it changed in place. */
function changed(change: (request: DataRequest) => void): DataRequest {
  const copy = structuredClone(request);
  change(copy);
  return copy;
}

describe("a data request", () => {
  it("becomes one compose project with our labels, back after a power cut, secrets as bare keys", () => {
    const planned = planData(request);
    assert.ok(planned.kind === "ready");
    const { postgres, redis } = request.document?.services ?? {};
    assert.deepEqual(planned.plan, {
      project: "shop-staging-data",
      volumes: ["shop-staging_database", "shop-staging_uploads"],
      document: {
        name: "shop-staging-data",
        services: {
          postgres: { ...postgres, restart: "unless-stopped", cap_drop: ["NET_RAW"], labels: { team: "shop", ...labels("postgres") } },
          redis: { ...redis, restart: "unless-stopped", cap_drop: ["NET_RAW"], labels: labels("redis") },
        },
        networks: { default: { external: true, name: "shop-staging-data" } },
        volumes: { database: { external: true, name: "shop-staging_database" } },
        "x-terrace-secrets": "f".repeat(64),
      },
      images: { postgres: postgres?.image, redis: redis?.image },
      mountTargets: { postgres: ["/data"], redis: [] },
      variables: ["POSTGRES_PASSWORD"],
    });
  });

  it("may bring volumes and the network only", () => {
    const planned = planData(changed((it) => Object.assign(it, { document: null, variables: {}, secrets: null })));
    assert.ok(planned.kind === "ready");
    assert.deepEqual(
      { document: planned.plan.document, volumes: planned.plan.volumes, images: planned.plan.images },
      { document: null, volumes: ["shop-staging_database", "shop-staging_uploads"], images: {} },
    );
  });

  it("gets a bare key for a variable that its document leaves out", () => {
    const planned = planData(
      changed((it) => {
        it.variables["redis"] = ["REDIS_PASSWORD"];
      }),
    );
    assert.ok(planned.kind === "ready");
    const document = planned.plan.document as { services: Record<string, { environment?: unknown }> };
    assert.deepEqual(document.services["redis"]?.environment, { REDIS_PASSWORD: null });
    assert.deepEqual(planned.plan.variables, ["POSTGRES_PASSWORD", "REDIS_PASSWORD"]);
  });

  for (const [what, change, faults] of [
    [
      "a network that is not the instance's",
      (it: DataRequest) => Object.assign(it.document?.networks?.["default"] ?? {}, { name: "other-data" }),
      ["document.networks.default: must be the external network shop-staging-data"],
    ],
    [
      "a second network, such as another instance's",
      (it: DataRequest) => Object.assign(it.document?.networks ?? {}, { other: { external: true, name: "shop-prod-data" } }),
      ["document.networks.other: stateful services are in the network of their instance only"],
    ],
    [
      "two of a service that keeps something",
      (it: DataRequest) => Object.assign(it.document?.services["redis"] ?? {}, { scale: 2 }),
      ["document.services.redis.scale: a stateful service runs once, got 2"],
    ],
    [
      "a capability that reaches the host",
      (it: DataRequest) => Object.assign(it.document?.services["redis"] ?? {}, { cap_add: ["SYS_ADMIN"] }),
      [`document.services.redis.cap_add: ${capabilityFault(["SYS_ADMIN"]) ?? assert.fail()}`],
    ],
    [
      "a volume of somebody else",
      (it: DataRequest) => Object.assign(it.document?.volumes?.["database"] ?? {}, { name: "blog-prod_database" }),
      ["document.volumes.database: must be called shop-staging_database, got blog-prod_database"],
    ],
    [
      "a volume that nobody makes",
      (it: DataRequest) => Object.assign(it, { volumes: ["uploads"] }),
      ["document.volumes.database: is not among the volumes of the request"],
    ],
    [
      "a mount of a volume that the document does not name",
      (it: DataRequest) => Object.assign(it.document ?? {}, { volumes: undefined }),
      ["document.services.postgres.volumes: there is no volume database"],
    ],
    [
      "a file of a release",
      (it: DataRequest) =>
        Object.assign(it.document?.services["redis"] ?? {}, {
          volumes: [{ type: "bind", source: "config/redis.conf", target: "/etc/redis.conf", read_only: true }],
        }),
      ["document.services.redis.volumes: mounts config/redis.conf; a stateful service cannot mount files of a release"],
    ],
    [
      "a bare key that is no secret of the service",
      (it: DataRequest) => Object.assign(it.document?.services["redis"] ?? {}, { environment: { PATHS: null } }),
      ["document.services.redis.environment.PATHS: has no value and is no secret of the service"],
    ],
    [
      "a value where a secret belongs",
      (it: DataRequest) => Object.assign(it.document?.services["postgres"]?.environment ?? {}, { POSTGRES_PASSWORD: "hunter2" }),
      ["document.services.postgres.environment.POSTGRES_PASSWORD: has a value and is a secret too"],
    ],
    [
      "a name that would change docker compose itself",
      (it: DataRequest) => Object.assign(it.variables, { redis: ["DOCKER_HOST"] }),
      [
        "variables.redis: DOCKER_HOST would change the docker compose process that hands it over; deliver it as a file, or give it another name",
      ],
    ],
    [
      "variables of no service and no set",
      (it: DataRequest) => Object.assign(it, { secrets: null, variables: { postgres: ["POSTGRES_PASSWORD"], mysql: [] } }),
      ["variables.mysql: there is no such service", "secrets: a service needs variables, but no set is named"],
    ],
  ] as const) {
    it(`is refused with ${what}`, () => assert.deepEqual(planData(changed(change)), { kind: "faulty", faults }));
  }
});
