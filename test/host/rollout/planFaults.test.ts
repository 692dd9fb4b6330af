import assert from "node:assert/strict";
import { capabilityFault } from "../../../contract/index.ts";
import type { ComposeService, Manifest } from "../../../contract/index.ts";
import { planFaults } from "../../../host/rollout/planFaults.ts";
import { image, manifest } from "../fixtures.ts";

type Change = (manifest: Manifest, service: (name: string) => ComposeService) => void;

type Case = readonly [string, Change, readonly string[]];

const cases: readonly Case[] = [
  ["nothing", () => undefined, []],
  [
    "a shared network",
    ({ release }) => (release.runtime.document.networks = { front: { external: true } }),
    ["release.runtime.document.networks.front: a colour has its own network only; the host connects the shared ones"],
  ],
  [
    "a network of a fixed name",
    ({ release }) => (release.runtime.document.networks = { front: { name: "front" } }),
    ["release.runtime.document.networks.front.name: two colours would share a network of a fixed name"],
  ],
  ["its own volume", ({ release }) => (release.runtime.document.volumes = { files: { external: true, name: "shop-prod_files" } }), []],
  [
    "a volume of another instance",
    ({ release }) => (release.runtime.document.volumes = { files: { external: true, name: "blog-prod_database" } }),
    ["release.runtime.document.volumes.files.name: must be shop-prod_files, got blog-prod_database"],
  ],
  ["capabilities that stay inside", (_, service) => (service("api").cap_add = ["CHOWN", "NET_BIND_SERVICE", "SYS_NICE"]), []],
  ...["SYS_ADMIN", "ALL", "CAP_SYS_ADMIN", "NET_ADMIN", "NET_RAW"].map((capability): Case => [
    `the capability ${capability}`,
    (_, service) => (service("api").cap_add = ["CHOWN", capability]),
    [`release.runtime.document.services.api.cap_add: ${capabilityFault([capability]) ?? assert.fail()}`],
  ]),
  ["two of a web service", (_, service) => (service("api").scale = 2), []],
  [
    "two schedulers",
    (_, service) => (service("beat").scale = 2),
    ["release.runtime.document.services.beat.scale: a singleton runs once, got 2"],
  ],
  ["two of a job", (_, service) => (service("setup").scale = 2), ["release.runtime.document.services.setup.scale: a job runs once, got 2"]],
  [
    "no health check",
    (_, service) => delete service("worker").healthcheck,
    ['release.runtime.document.services.worker.healthcheck: is required for a worker: without it "started" would count as "works"'],
  ],
  ["a job without a health check", (_, service) => delete service("setup").healthcheck, []],
  [
    "a web service that waits for a worker",
    (_, service) => (service("api").depends_on = { worker: { condition: "service_healthy" } }),
    [
      'release.runtime.document.services.api.depends_on.worker: "worker" is a worker: it starts only after the switch, so this web service would wait for ever; leave it out',
    ],
  ],
  [
    "a job that waits for a web service",
    (_, service) => (service("setup").depends_on = { api: { condition: "service_healthy" } }),
    ['release.runtime.document.services.setup.depends_on.api: "api" is a web service: those start once the jobs have ended; leave it out'],
  ],
  [
    "a job that is waited for as if it stayed",
    (_, service) => (service("api").depends_on = { setup: { condition: "service_healthy" } }),
    [
      'release.runtime.document.services.api.depends_on.setup: "setup" is a job: one waits for its end, got "service_healthy"; write {setup: {condition: service_completed_successfully}}',
    ],
  ],
  [
    "a service that is waited for as if it ended",
    (_, service) => (service("worker").depends_on = { api: { condition: "service_completed_successfully" } }),
    [
      'release.runtime.document.services.worker.depends_on.api: "api" is no job and does not end, got "service_completed_successfully"; write service_healthy',
    ],
  ],
  [
    "a scheduler that waits for a worker, which changes hands beside it",
    (_, service) => (service("beat").depends_on = { worker: { condition: "service_healthy" } }),
    [
      'release.runtime.document.services.beat.depends_on.worker: "worker" is a worker: workers and singletons change hands side by side, so none of them waits for a singleton, and no singleton for a worker; leave it out',
    ],
  ],
  [
    "a job that is waited for",
    (_, service) => (service("api").depends_on = { setup: { condition: "service_completed_successfully" } }),
    [],
  ],
  [
    "a dependency that is not there",
    (_, service) => (service("api").depends_on = { cache: { condition: "service_started" } }),
    ["release.runtime.document.services.api.depends_on.cache: there is no such service"],
  ],
  [
    "a bare key that is no secret",
    (_, service) => (service("api").environment = { PASSWORD: null, PLAIN: "x" }),
    ["release.runtime.document.services.api.environment.PASSWORD: has no value and is no secret of the service"],
  ],
  [
    "a secret that would steer docker compose itself",
    ({ release }) => release.services["api"]?.secrets.env.push("DOCKER_HOST"),
    [
      "release.services.api.secrets.env: DOCKER_HOST would change the docker compose process that hands it over; deliver it as a file, or give it another name",
    ],
  ],
  [
    "two services that would answer to one name",
    ({ release }, service) => {
      service("api").scale = 2;
      release.runtime.document.services["api-2"] = { ...service("api"), scale: 1, image: image("api") };
      release.services["api-2"] = structuredClone(release.services["api"] ?? assert.fail());
    },
    ["release.runtime.document.services.api-2: container 1 would have the name of one of api"],
  ],
];

describe("host/rollout/planFaults", () => {
  for (const [what, change, expected] of cases) {
    it(`${what}: ${expected.length === 0 ? "fine" : "refused"}`, () => {
      const changed = manifest();
      change(changed, (name) => changed.release.runtime.document.services[name] ?? assert.fail(name));
      assert.deepEqual(planFaults(changed), expected);
    });
  }
});
