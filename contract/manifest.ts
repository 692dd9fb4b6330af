import { z } from "zod";
import { ComposeDocument } from "./compose.ts";
import {
  AppName,
  Commit,
  EnvironmentName,
  HostName,
  InstanceName,
  Line,
  ResourceName,
  ServiceName,
  UrlPath,
  VariableName,
} from "./names.ts";

/**
 * A manifest says everything about one release of one app on one host, and no secret: a reviewer reads it line by line in a preview.
 *
 * Room for what comes later is in the discriminated unions (`runtime`, `strategy`, `gate`, …): a new kind is a new member, so manifests
 * written before it keep their meaning and their release id. A host that meets a kind it does not know refuses it by name.
 */

/** Who may change an instance. From settings, not from Pulumi's URN, so that a renamed resource keeps what it owns. */
export const Owner = z.strictObject({
  project: Line.min(1).max(64),
  stack: EnvironmentName,
});
export type Owner = z.infer<typeof Owner>;

function oneToMost(characters: number): z.ZodString {
  return Line.min(1, "must not be empty").max(characters, `must have at most ${characters} characters`);
}

/** Where the digests came from. Written by `promote` with the digests, so it changes and reverts with them. Never part of the release id. */
export const Provenance = z.strictObject({
  /** Version for people: `1.4.2`. */
  version: oneToMost(64),
  /** Commit the images were built from. */
  commit: Commit,
  /** Who asked: a name or an address, from CI or `git config`. */
  requestedBy: oneToMost(128),
  /** Link or id of the CI run, or `local`. */
  run: oneToMost(512),
});
export type Provenance = z.infer<typeof Provenance>;

/** HMAC-SHA-256 over a secret set; see `fingerprint.ts`. */
export const Fingerprint = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower case hexadecimal digits");

/**
 * web: start beside the old one, health, switch · worker: created early, started only once the switch is confirmed · singleton: the old one
 * stops before the new one starts · job: runs to its end before the web services start.
 */
export const AppRole = z.enum(["web", "worker", "singleton", "job"]);
export type AppRole = z.infer<typeof AppRole>;

export const ServicePlan = z.strictObject({
  role: AppRole,
  /** Stateful services this one needs healthy before it starts: a `depends_on` across documents becomes a wait. */
  waitFor: z.array(ServiceName),
  /** Names of secret variables the service gets, by way of delivery. */
  secrets: z.strictObject({
    env: z.array(VariableName),
    /** Files `/run/secrets/<NAME>` in the container, 0400. */
    file: z.array(VariableName),
  }),
  /** `overlap`: two copies may run at once. `recreate`: the old one stops first, which is declared downtime. */
  update: z.enum(["overlap", "recreate"]),
});
export type ServicePlan = z.infer<typeof ServicePlan>;

export const Route = z.strictObject({
  /** Names the router: `<instance>-<name>`. */
  name: ResourceName,
  host: HostName,
  /** Requests below this path belong to the route; `/` takes all. */
  pathPrefix: UrlPath,
  service: ServiceName,
  /** Port the service listens on inside its container. */
  port: z.int().min(1).max(65_535),
});
export type Route = z.infer<typeof Route>;

export const SmokeCheck = z.strictObject({
  /** For people, in reports: `graphql answers`. */
  name: Line.min(1).max(80),
  route: ResourceName,
  method: z.enum(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]),
  /** Path with query. */
  path: z.string().regex(/^\/[^\s#]{0,2047}$/),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string().max(1024)),
  body: z.string().max(65_536).nullable(),
  expect: z.strictObject({
    status: z.int().min(100).max(599),
    /** The body contains this text. */
    contains: z.string().min(1).max(1024).nullable(),
    /** JSON pointers (RFC 6901) into the body, and the exact values found there. */
    json: z.record(z.string().regex(/^(?:\/[^/]*)*$/), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
  timeoutSeconds: z.int().min(1).max(120),
});
export type SmokeCheck = z.infer<typeof SmokeCheck>;

export const Checks = z.strictObject({
  /** A path that answers with the value of `TERRACE_RELEASE`; `null`: the code is proven by container digest only, and reports say so. */
  releaseEcho: z.strictObject({ route: ResourceName, path: UrlPath }).nullable(),
  smoke: z.array(SmokeCheck).max(50),
});
export type Checks = z.infer<typeof Checks>;

export const Strategy = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("blue-green"),
    /** From start until every container must be healthy. */
    healthTimeoutSeconds: z.int().min(1).max(3600),
    /** How long the new release is watched after the switch before `up` calls it deployed. */
    settleSeconds: z.int().min(0).max(60),
    /** How long the old colour may finish its requests before it is stopped. */
    drainSeconds: z.int().min(0).max(3600),
  }),
]);
export type Strategy = z.infer<typeof Strategy>;

/** Path of a text file below `config/` of a release. Hidden files would be passed over by whatever lists a folder. */
export const ConfigPath = z
  .string()
  .regex(
    /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
    "must be a path of letters, digits, dots, hyphens and underscores, no part of which begins with a dot",
  );

/** A configuration file longer than this is none: 256 Ki characters. */
export const maximumConfigCharacters = 262_144;

/** Everything that decides how the release behaves. The release id is taken over this, so what is added here must have a default that is left out. */
export const Release = z.strictObject({
  runtime: z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("compose"), document: ComposeDocument })]),
  services: z.record(ServiceName, ServicePlan),
  routes: z.array(Route).max(50),
  checks: Checks,
  strategy: Strategy,
  /** Text files mounted read-only from the release directory: path below `config/` to content. */
  config: z.record(ConfigPath, z.string().max(maximumConfigCharacters)),
  /** Name of the secret set the containers get; `null` where no service needs one. */
  secrets: Fingerprint.nullable(),
  gate: z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("open") })]).optional(),
  window: z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("always") })]).optional(),
  migration: z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("none") })]).optional(),
  backup: z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("none") })]).optional(),
  placement: z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("single") })]).optional(),
});
export type Release = z.infer<typeof Release>;

const Shape = z.strictObject({
  instance: InstanceName,
  app: AppName,
  environment: EnvironmentName,
  owner: Owner,
  provenance: Provenance,
  release: Release,
});

export const Manifest = Shape.superRefine((manifest, context) => {
  for (const fault of manifestFaults(manifest))
    context.addIssue({ code: "custom", path: [...fault.path], message: fault.message, input: undefined });
});
export type Manifest = z.infer<typeof Manifest>;

interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Rules between fields. The planner keeps them by construction; the host checks them again, since it runs with more rights. */
function manifestFaults(manifest: z.infer<typeof Shape>): Fault[] {
  const faults: Fault[] = [];
  const { release } = manifest;
  const planned = new Set(Object.keys(release.services));
  const documented = new Set(Object.keys(release.runtime.document.services));
  const routes = new Set(release.routes.map((route) => route.name));
  if (manifest.instance !== `${manifest.app}-${manifest.environment}`) {
    faults.push({ path: ["instance"], message: `must be "${manifest.app}-${manifest.environment}", got "${manifest.instance}"` });
  }
  for (const name of documented)
    if (!planned.has(name)) faults.push({ path: ["release", "services", name], message: "is in the document but has no plan" });
  for (const name of planned)
    if (!documented.has(name)) faults.push({ path: ["release", "services", name], message: "has a plan but is not in the document" });
  release.routes.forEach((route, index) => {
    if (release.services[route.service]?.role !== "web")
      faults.push({ path: ["release", "routes", index, "service"], message: `must be a web service, got "${route.service}"` });
    if (release.routes.findIndex((other) => other.name === route.name) !== index)
      faults.push({ path: ["release", "routes", index, "name"], message: `is used twice: "${route.name}"` });
  });
  release.checks.smoke.forEach((check, index) => {
    if (!routes.has(check.route))
      faults.push({ path: ["release", "checks", "smoke", index, "route"], message: `no such route: "${check.route}"` });
  });
  const echo = release.checks.releaseEcho;
  if (echo !== null && !routes.has(echo.route))
    faults.push({ path: ["release", "checks", "releaseEcho", "route"], message: `no such route: "${echo.route}"` });
  const wantsSecrets = Object.values(release.services).some(({ secrets }) => secrets.env.length + secrets.file.length > 0);
  if (wantsSecrets && release.secrets === null)
    faults.push({ path: ["release", "secrets"], message: "a service needs secrets, but no set is named" });
  return faults;
}
