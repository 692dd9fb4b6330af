import { z } from "zod";
import { ResourceName, ServiceName, VariableName } from "./names.ts";
import { ImageReference } from "./reference.ts";

/**
 * The part of the Compose Specification that crosses to a host: completely resolved, nothing interpolated, nothing inherited, nothing that
 * reaches outside its project. The planner writes only this, and the host parses it again, so a field that neither knows cannot pass by.
 * Field names are those of the Compose Specification (https://github.com/compose-spec/compose-spec/blob/main/spec.md).
 */

/** A Compose duration such as `90s` or `1m30s`, at most a day: whoever waits for it holds the instance's lease. */
export const ComposeDuration = z
  .string()
  .regex(/^(?=\d)(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/, 'must be a duration; write it as "90s" or "1m30s"')
  .refine((text) => durationSeconds(text) <= longestSeconds, "must be at most 24h; write a shorter one");

const longestSeconds = 24 * 3600;

function durationSeconds(text: string): number {
  const part = (unit: string): number => Number(new RegExp(`(\\d+)${unit}(?![a-z])`).exec(text)?.[1] ?? "0");
  return part("h") * 3600 + part("m") * 60 + part("s") + part("ms") / 1000;
}

/** Bytes with a unit, as Compose writes them: `512m`, `4g`. */
export const ByteSize = z.string().regex(/^[1-9]\d*(?:\.\d+)?[bkmg]b?$/i, 'must be a size with a unit; write it as "512m"');

/** Containers of one service, at most. */
export const maximumReplicas = 32;

/** A literal string: Compose interpolates `$`, so a document holds `$$` for each one meant. */
const Text = z.string().max(131_072);

export const Healthcheck = z.strictObject({
  /** `["CMD", …]` runs without a shell, `["CMD-SHELL", "…"]` in the image's. */
  test: z.array(Text).min(2),
  interval: ComposeDuration,
  timeout: ComposeDuration,
  retries: z
    .int()
    .min(1)
    .max(100)
    .meta({ examples: [3] }),
  start_period: ComposeDuration.optional(),
  /** How often to ask during `start_period`. Docker's own default of 5 s makes every rollout wait that long. */
  start_interval: ComposeDuration.optional(),
});
export type Healthcheck = z.infer<typeof Healthcheck>;

export const Mount = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("volume"), source: ResourceName, target: Text, read_only: z.boolean().optional() }),
  /**
   * `source` is a path inside the release directory, relative: the host makes it absolute. No part of it begins with a dot, so that none is
   * `..`: whoever may release would mount the whole host.
   */
  z.strictObject({
    type: z.literal("bind"),
    source: z
      .string()
      .regex(
        /^config(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/,
        "must be a path below config/ of letters, digits, dots, hyphens and underscores, no part of which begins with a dot; rename the file",
      ),
    target: Text,
    read_only: z.literal(true),
  }),
  z.strictObject({
    type: z.literal("tmpfs"),
    target: Text,
    /** `size` in bytes. `mode`: without one the folder in the image decides, and only root could write. */
    tmpfs: z.strictObject({ size: z.int().positive().optional(), mode: z.int().min(0).max(0o7777) }),
  }),
]);
export type Mount = z.infer<typeof Mount>;

/** Each mount has a place of its own below `/`: of two on one target Docker takes the one it likes, and one on `/` hides the image. */
const Mounts = z.array(Mount).superRefine((mounts, context) => {
  const seen = new Set<string>();
  mounts.forEach(({ target }, index) => {
    const place = target.replace(/\/$/, "");
    const fault = targetFault(place) ?? (seen.has(place) ? "is the target of another mount too" : undefined);
    if (fault !== undefined)
      context.addIssue({ code: "custom", path: [index, "target"], message: `${fault}, got ${JSON.stringify(target)}` });
    seen.add(place);
  });
});

function targetFault(target: string): string | undefined {
  const parts = target.split("/").slice(1);
  const plain = target.startsWith("/") && parts.every((part) => part !== "" && part !== "." && part !== "..");
  return plain && parts.length > 0 ? undefined : "must be an absolute path below /, without //, . and ..";
}

/** Signals that a program can take for "end now" (signal(7)). */
const stopSignals = ["HUP", "INT", "QUIT", "ABRT", "KILL", "USR1", "USR2", "PIPE", "ALRM", "TERM", "WINCH", "IO", "PWR"].map(
  (name) => `SIG${name}`,
);

/** Limits that Docker knows (https://pkg.go.dev/github.com/docker/go-units#Ulimit), `-1` for none. */
const limitNames: ReadonlySet<string> = new Set(
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" "),
);
const Limit = z
  .strictObject({ soft: z.int().min(-1), hard: z.int().min(-1) })
  .refine(({ soft, hard }) => hard === -1 || (soft !== -1 && soft <= hard), "soft must be at most hard; -1 is no limit");
const Limits = z.record(z.string(), Limit).superRefine((limits, context) => {
  for (const name of Object.keys(limits).filter((each) => !limitNames.has(each)))
    context.addIssue({ code: "custom", path: [name], message: `is no limit; there are: ${[...limitNames].join(", ")}` });
});

/**
 * Capabilities that a service may ask for: those that Docker gives by default but for `NET_RAW`, and two that stay inside the container. Any other
 * (`SYS_ADMIN`, `SYS_MODULE`, `DAC_READ_SEARCH`, `NET_ADMIN` and `NET_RAW` on a shared network, …) reaches the host or its other instances, so that a
 * deploy key would be root's.
 */
const grantable: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "IPC_LOCK",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
  "SYS_NICE",
]);

/** What is wrong with the capabilities that a service asks for, or `undefined`. */
export function capabilityFault(capabilities: readonly string[] | undefined): string | undefined {
  const surplus = (capabilities ?? []).filter((name) => !grantable.has(name));
  return surplus.length === 0
    ? undefined
    : `${surplus.join(", ")} would reach past the container, to the host or to others on it; a service may have: ${[...grantable].join(", ")}`;
}

const Capability = z.string().regex(/^[A-Z_]+$/, "must be a capability in capitals, such as NET_RAW");

export const Dependency = z.strictObject({
  condition: z.enum(["service_started", "service_healthy", "service_completed_successfully"]),
});
export type Dependency = z.infer<typeof Dependency>;

export const ComposeService = z.strictObject({
  image: ImageReference,
  command: z.array(Text).optional(),
  entrypoint: z.array(Text).optional(),
  /** `null` is a bare key: its value comes from the environment of the `docker compose` process and stands in no file. */
  environment: z.record(VariableName, Text.nullable()).optional(),
  user: z.string().max(64).optional(),
  working_dir: Text.optional(),
  healthcheck: Healthcheck.optional(),
  volumes: Mounts.optional(),
  networks: z.record(ResourceName, z.strictObject({ aliases: z.array(ServiceName).optional() })).optional(),
  depends_on: z.record(ServiceName, Dependency).optional(),
  read_only: z.boolean().optional(),
  init: z.boolean().optional(),
  stop_signal: z.enum(stopSignals, `must be one of ${stopSignals.join(", ")}`).optional(),
  stop_grace_period: ComposeDuration.optional(),
  shm_size: ByteSize.optional(),
  mem_limit: ByteSize.optional(),
  cpus: z.number().positive().max(256).optional(),
  pids_limit: z
    .int()
    .positive()
    .meta({ examples: [100] })
    .optional(),
  cap_drop: z.array(Capability).optional(),
  cap_add: z.array(Capability).optional(),
  security_opt: z.array(z.enum(["no-new-privileges:true"])).optional(),
  ulimits: Limits.optional(),
  labels: z.record(z.string().max(128, "must be at most 128 characters"), Text).optional(),
  scale: z
    .int()
    .min(1)
    .max(maximumReplicas)
    .meta({ examples: [2] })
    .optional(),
  /** Docker must never start a container of ours by itself before the switch says so; the host gives a policy later. */
  restart: z.literal("no").optional(),
});
export type ComposeService = z.infer<typeof ComposeService>;

export const ComposeDocument = z.strictObject({
  services: z.record(ServiceName, ComposeService).refine((services) => Object.keys(services).length > 0, "needs at least one service"),
  /** Only volumes that the data layer created; `name` is the host-wide name. */
  volumes: z.record(ResourceName, z.strictObject({ external: z.literal(true), name: z.string().max(96) })).optional(),
  networks: z
    .record(
      ResourceName,
      z.strictObject({ external: z.literal(true).optional(), name: z.string().max(96).optional(), internal: z.boolean().optional() }),
    )
    .optional(),
});
export type ComposeDocument = z.infer<typeof ComposeDocument>;
