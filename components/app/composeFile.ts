import { z } from "zod";
import { AppRole, Dependency } from "../../contract/index.ts";
import type { Faults, FaultSink } from "../shared/fault.ts";
import { nearest } from "../shared/nearest.ts";
import { parsePeoplesFile } from "../shared/schemaFaults.ts";
import { yamlDocument, yamlFaults } from "../shared/yamlDocument.ts";
import { unquotedFaults } from "./literalText.ts";

/**
 * `apps/<app>/compose.yaml` as people write it: the Compose Specification, without what cannot be rolled out in two colours. Shapes are read
 * here; what they mean is decided by the planner. Keys that are refused have their reason in `refusals`, anything else that is
 * unknown is refused by name, because Compose would act on it and no reviewer would see it in the plan.
 */

const Text = z.union([z.string(), z.number(), z.boolean()]);
export const ServiceTerrace = z
  .strictObject({
    role: z
      .enum([...AppRole.options, "data"])
      .meta({ description: "What the service is, and so when it starts and stops.", examples: ["web"] }),
    update: z
      .enum(["overlap", "recreate"])
      .optional()
      .meta({
        description:
          "`overlap`, as when it is absent: old and new run side by side until the switch. `recreate`, for a web service that cannot run twice: the old one stops before the new one starts, which is downtime. Workers, singletons and stateful services never run twice.",
        examples: ["recreate"],
      }),
  })
  .meta({ whenAbsent: `say what the service is, \`x-terrace: {role: ${[...AppRole.options, "data"].join(" | ")}}\`` });

export const PeopleService = z.strictObject({
  "x-terrace": ServiceTerrace,
  image: z.string().meta({ examples: ["ghcr.io/example/api"] }),
  command: z.array(Text).optional(),
  entrypoint: z.array(Text).optional(),
  environment: z.union([z.record(z.string(), Text.nullable()), z.array(z.string())]).optional(),
  user: Text.optional(),
  working_dir: z.string().optional(),
  healthcheck: z
    .strictObject({
      test: z.union([z.string(), z.array(z.string())]),
      interval: z.string().optional(),
      timeout: z.string().optional(),
      retries: z.int().optional(),
      start_period: z.string().optional(),
      start_interval: z.string().optional(),
    })
    .optional(),
  volumes: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).optional(),
  tmpfs: z.union([z.string(), z.array(z.string())]).optional(),
  depends_on: z
    .union([
      z.array(z.string()),
      z.record(z.string(), z.strictObject({ condition: Dependency.shape.condition, required: z.literal(true).optional() })),
    ])
    .optional(),
  read_only: z.boolean().optional(),
  init: z.boolean().optional(),
  stop_signal: z.string().optional(),
  stop_grace_period: z.string().optional(),
  shm_size: z.string().optional(),
  mem_limit: z.string().optional(),
  cpus: Text.optional(),
  pids_limit: z.int().optional(),
  cap_drop: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  ulimits: z.record(z.string(), z.union([z.int(), z.strictObject({ soft: z.int(), hard: z.int() })])).optional(),
  labels: z.union([z.record(z.string(), Text), z.array(z.string())]).optional(),
  expose: z.array(Text).optional(),
  deploy: z
    .strictObject({
      replicas: z.int().optional(),
      resources: z
        .strictObject({ limits: z.strictObject({ cpus: Text.optional(), memory: z.string().optional(), pids: z.int().optional() }) })
        .optional(),
    })
    .optional(),
});
export type PeopleService = z.infer<typeof PeopleService>;

/** What each role means, for people. */
export const roleMeanings: Readonly<Record<z.infer<typeof ServiceTerrace>["role"], string>> = {
  web: "Takes requests, by routes of the stack file. The new one starts beside the old, must be healthy and pass the smoke checks, and then gets the traffic.",
  worker:
    "Takes work from a queue. The new one starts only once the switch is confirmed; the old one is told to end first, and gets its `stop_grace_period`.",
  singleton: "Must never run twice, such as a scheduler. Changes hands as a worker does, and has one copy.",
  job: "Runs to its end before the web services start, such as a migration; the old release still serves meanwhile. Needs no health check. An exit code other than 0 ends the rollout, and nothing was switched.",
  data: "Database, cache or queue. Changes only when its own image, settings or secrets do, in place and not in two colours; an app release never touches it, and its volumes stay when the stack goes.",
};

export const VolumeTerrace = z.strictObject({
  overlap: z.literal("safe").meta({
    description: "Says that the old and the new release may write this volume at the same time, as they do until the switch.",
    examples: ["safe"],
  }),
});

export const PeopleVolume = z.strictObject({ "x-terrace": VolumeTerrace.optional() }).nullable();

const PeopleCompose = z.object({
  name: z.string().optional(),
  services: z.record(z.string(), PeopleService),
  volumes: z.record(z.string(), PeopleVolume).optional(),
});
export type PeopleCompose = z.infer<typeof PeopleCompose>;

/** Keys of a service that are refused, with what to do instead. */
const refusals: Readonly<Record<string, string>> = {
  ports: "publishes on the host past the ingress, and two colours cannot share a host port; add a route in the stack file instead",
  container_name: "is one name for two colours; leave it out, containers are found by their labels",
  network_mode: "leaves the instance's own networks; leave it out",
  networks:
    "is decided by the tool (own colour, data, ingress), since a bare name on a shared network reaches the other colour; leave it out",
  build: "builds on the server; build in CI and promote the digest",
  extends: "depends on a file that the release does not hold; write the service out",
  env_file: "is read by a parser that mangles quotes and $; list variables in secrets.yaml, plain values under environment",
  secrets: "would be read from files that the release does not hold; list the variable in secrets.yaml with `deliver: file`",
  configs: "is for Swarm; put the file under config/ beside compose.yaml and mount it: ./config/NAME:/path:ro",
  restart: "is part of the switch: a container that Docker restarts by itself could come back beside its successor; leave it out",
  privileged: "gives the container the host; name the capability in cap_add",
  pid: "shares the host's processes; leave it out",
  ipc: "shares the host's memory; leave it out",
  devices: "reaches host devices; not supported",
  volumes_from: "reaches into another container; name the volume in both services",
  links: "is the old way of naming; services of one colour find each other by their names",
  external_links: "reaches past the instance; not supported",
  profiles: "would make what runs depend on an environment variable; leave it out",
  scale: "is spelled deploy.replicas",
  hostname: "would be the same in both colours; leave it out",
  logging: "is set for the whole host by the platform (docker.logMaximumSize); leave it out",
  pull_policy: "is decided by the digest; leave it out",
  platform: "is decided by the digest; leave it out",
};

const topLevelKeys = ["services", "volumes", "name"];

const topLevelRefusals: Readonly<Record<string, string>> = {
  networks: "are decided by the tool; leave them out",
  secrets: "are listed in secrets.yaml; leave them out",
  configs: "are for Swarm; put files under config/ and mount them",
  include: "depends on a file that the release does not hold; write the services out",
  version: "is obsolete in the Compose Specification; leave it out",
};

/** A compose file as far as its shape is right. */
export interface ComposeDraft {
  /** Whether all of it is: else nothing may be rolled out, and `compose` holds what faults can still be looked for in. */
  readonly isWellFormed: boolean;
  readonly compose: PeopleCompose;
  /** Names of all services that are written, those that `compose` had to leave out included. */
  readonly services: readonly string[];
  /** Paths whose faults have been told: `services.api.healthcheck.test`. What is left out there is not missing. */
  readonly told: readonly string[];
}

/**
 * Reads a compose file and says everything that is wrong with its shape; the rest of it can be planned, so that whoever mends it does not
 * meet the next list of faults only then. `undefined` where there is nothing to plan. `name` is how messages call the file.
 */
export function readComposeFile(text: string, name: string, faults: Faults): ComposeDraft | undefined {
  const file = faults.at(`${name}: `);
  const document = yamlDocument(text);
  if (document.errors.length > 0) {
    for (const { line, what, next } of yamlFaults(document))
      file.add(`is not YAML${line === undefined ? "" : ` in line ${line}`}: ${what}; ${next}`);
    return undefined;
  }
  const raw: unknown = document.toJS({ maxAliasCount: 1000 });
  if (typeof raw !== "object" || raw === null || !("services" in raw)) {
    file.add("must be a mapping with `services`");
    return undefined;
  }
  const before = faults.list.length;
  refuse(raw, file);
  unquotedFaults(document, file);
  const allowed = withoutRefused(raw);
  const parsed = parsePeoplesFile(PeopleCompose, allowed, `${name}: `);
  if (parsed.kind === "faulty") faults.list.push(...parsed.faults);
  const compose = parsed.kind === "valid" ? parsed.value : composeDraft(parsed.draft);
  if (compose === undefined) return undefined;
  const told = faults.list.slice(before).map(({ path }) => path.slice(name.length + 2));
  return { isWellFormed: told.length === 0, compose, services: Object.keys(raw.services ?? {}), told };
}

const Mapping = z.record(z.string(), z.unknown());

/** What is left of a file without its faulty parts. A service whose role or image is not known cannot be judged. */
function composeDraft(draft: unknown): PeopleCompose | undefined {
  const parts = z.looseObject({ services: Mapping, volumes: Mapping.optional() }).safeParse(draft).data;
  if (parts === undefined) return undefined;
  const services = Object.entries(parts.services).flatMap(([name, service]) => {
    const left = serviceDraft(service);
    return left === undefined ? [] : [[name, left] as const];
  });
  // A volume that is written wrongly may well be one that bears two colours.
  const volumes = Object.entries(parts.volumes ?? {}).map(
    ([name, volume]) => [name, PeopleVolume.safeParse(volume).data ?? { "x-terrace": { overlap: "safe" as const } }] as const,
  );
  return { services: Object.fromEntries(services), volumes: Object.fromEntries(volumes) };
}

function serviceDraft(service: unknown): PeopleService | undefined {
  const written = Object.entries(Mapping.safeParse(service).data ?? {}).filter(([, value]) => value !== undefined);
  const parsed = PeopleService.safeParse(Object.fromEntries(written));
  if (parsed.success) return parsed.data;
  const faulty = new Set(parsed.error.issues.map(({ path }) => path[0]));
  return PeopleService.safeParse(Object.fromEntries(written.filter(([key]) => !faulty.has(key)))).data;
}

function refuse(raw: object, faults: FaultSink): void {
  for (const [key, value] of Object.entries(raw)) {
    const reason = topLevelRefusals[key];
    if (reason !== undefined) faults.below(key).add(reason);
    else if (!topLevelKeys.includes(key) && !key.startsWith("x-")) faults.below(key).add(`is not known here${meant(key, topLevelKeys)}`);
    if (key !== "services" || typeof value !== "object" || value === null) continue;
    for (const [service, body] of Object.entries(value as Record<string, unknown>)) {
      for (const field of Object.keys(body ?? {})) {
        const why = refusals[field];
        if (why !== undefined) faults.below(`services.${service}.${field}`).add(why);
      }
    }
  }
}

function meant(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === undefined ? "; leave it out" : `; did you mean "${near}"?`;
}

/** What was refused with its own reason must not be told a second time as an unknown key. `x-` keys of people are theirs. */
function withoutRefused(raw: object): unknown {
  const services = (raw as { services: unknown }).services;
  if (typeof services !== "object" || services === null) return raw;
  const kept = Object.entries(services).map(([name, body]: [string, unknown]) => {
    if (typeof body !== "object" || body === null) return [name, body];
    return [
      name,
      Object.fromEntries(Object.entries(body).filter(([key]) => !(key in refusals) && (key === "x-terrace" || !key.startsWith("x-")))),
    ];
  });
  return { ...raw, services: Object.fromEntries(kept) as unknown };
}
