import type { AppRole, ComposeService, Dependency } from "../../contract/index.ts";
import { capabilityFault, parseReference, referenceFault, ServiceName } from "../../contract/index.ts";
import type { z } from "zod";
import { type FaultSink, seen } from "../shared/fault.ts";
import type { PeopleService, PeopleVolume } from "./composeFile.ts";
import { withinContract } from "./contractFaults.ts";
import type { ComposeInput } from "./plan.ts";
import { planHealthcheck } from "./planHealthcheck.ts";
import { planLimits } from "./planLimits.ts";
import { planMounts } from "./planMounts.ts";

export interface PlannedService {
  readonly role: AppRole | "data";
  readonly document: ComposeService;
  readonly secrets: { env: string[]; file: string[] };
  readonly update: "overlap" | "recreate";
  readonly dependsOn: Readonly<Record<string, Dependency["condition"]>>;
  /** Stateful services to be healthy first; filled when dependencies are planned. */
  readonly waitFor: Set<string>;
}

export interface ServiceInput extends ComposeInput {
  readonly volumes: Readonly<Record<string, z.infer<typeof PeopleVolume>>>;
}

/** Resolves one service. Faults go to `faults`; the returned value is only of use when there were none. */
export function planService(name: string, people: PeopleService, input: ServiceInput, faults: FaultSink): PlannedService {
  const named = ServiceName.safeParse(name);
  if (!named.success) faults.add(named.error.issues[0]?.message ?? "is no service name");
  const { role } = people["x-terrace"];
  const update = people["x-terrace"].update ?? "overlap";
  if (role === "job" && update === "recreate")
    faults.below("x-terrace.update").add("means nothing for a job: it runs while the old release still serves; leave it out");
  const secrets = secretsOf(name, input);
  if (role === "data" && secrets.file.length > 0)
    faults.add(`a stateful service gets its secrets by environment; ${secrets.file.join(", ")} in secrets.yaml says \`deliver: file\``);

  const mounts = planMounts(people, { ...input, role, update }, faults);
  const capabilities = people.cap_add?.map(capabilityName);
  const document = dropUndefined({
    image: image(name, people.image, input, faults),
    command: words(people.command),
    entrypoint: words(people.entrypoint),
    environment: environment(name, people, input, secrets, faults),
    user: people.user === undefined ? undefined : String(people.user),
    working_dir: people.working_dir,
    healthcheck: planHealthcheck(
      people,
      role,
      (role === "data" ? input.data : input.strategy).healthTimeoutSeconds,
      faults.below("healthcheck"),
    ),
    volumes: mounts.length === 0 ? undefined : mounts.map(({ mount }) => mount),
    read_only: people.read_only,
    init: people.init,
    stop_signal: people.stop_signal,
    stop_grace_period: people.stop_grace_period,
    shm_size: people.shm_size,
    ...planLimits(people, faults),
    // Least privilege unless the file says otherwise; no image of ours or of the common databases needs more than it names.
    cap_drop: people.cap_drop?.map(capabilityName) ?? ["ALL"],
    cap_add: capabilities,
    security_opt: people.security_opt ?? ["no-new-privileges:true"],
    ulimits:
      people.ulimits === undefined
        ? undefined
        : Object.fromEntries(
            Object.entries(people.ulimits).map(([key, limit]) => [key, typeof limit === "number" ? { soft: limit, hard: limit } : limit]),
          ),
    labels: labels(people, faults.below("labels")),
    scale: people.deploy?.replicas,
    restart: "no" as const,
  });
  const surplus = capabilityFault(capabilities);
  if (surplus !== undefined) faults.below("cap_add").add(surplus);
  refuseInterpolation(document, faults);
  const checked = withinContract(document, people, mounts, faults);
  if (people.deploy?.replicas !== undefined && people.deploy.replicas > 1 && role !== "web" && role !== "worker")
    faults.below("deploy.replicas").add(`a ${role} runs once, got ${people.deploy.replicas}`);
  return {
    role,
    document: checked ?? (document as ComposeService),
    secrets,
    update,
    dependsOn: dependsOn(people),
    waitFor: new Set(),
  };
}

/** The stack file decides what runs; the compose file says which repository that must be, so that no digest lands on the wrong service. */
function image(service: string, written: string, input: ServiceInput, faults: FaultSink): string {
  const pinned = input.images[service];
  if (pinned === undefined) {
    faults.below("image").add("no digest for this service in the stack file; promote a build that has its image");
    return written;
  }
  const reference = parseReference(pinned);
  if (reference === undefined) {
    faults.below("image").add(`${referenceFault(pinned) ?? "is malformed"}, got "${pinned}"`);
    return pinned;
  }
  const repository = repositoryOf(written);
  if (repository !== written)
    faults
      .below("image")
      .add(`names more than a repository, got ${seen(written)}; the stack file says which build that is: write ${repository}`);
  const pinnedRepository = `${reference.registry}/${reference.path}`;
  if (repository !== pinnedRepository)
    faults.below("image").add(`names the repository "${repository}", but the stack file pins "${pinnedRepository}"; make them agree`);
  return pinned;
}

/** A reference without tag and digest. */
export function repositoryOf(reference: string): string {
  return reference.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}

function secretsOf(service: string, input: ServiceInput): { env: string[]; file: string[] } {
  const wanted = input.variables.filter((variable) => variable.services.includes(service));
  const names = (deliver: "env" | "file"): string[] =>
    wanted
      .filter((variable) => variable.deliver === deliver)
      .map((variable) => variable.name)
      .sort();
  return { env: names("env"), file: names("file") };
}

/** Plain values from the compose file, then the stack's; secret ones as bare keys, whose values only the compose process on the host sees. */
function environment(
  name: string,
  people: PeopleService,
  input: ServiceInput,
  secrets: PlannedService["secrets"],
  faults: FaultSink,
): Record<string, string | null> | undefined {
  const sink = faults.below("environment");
  const plain = entries(people.environment);
  const merged: Record<string, string | null> = {};
  for (const [key, value] of Object.entries({ ...plain, ...literal(input.environment[name] ?? {}) })) {
    if (key.startsWith("TERRACE_")) sink.below(key).add("names that begin with TERRACE_ are set by the host");
    else if (value === null && secrets.file.includes(key))
      sink.below(key).add(`comes as the file /run/secrets/${key}, by secrets.yaml; leave it out here, or say \`deliver: env\` there`);
    else if (value === null && !secrets.env.includes(key))
      sink.below(key).add("has no value: write one, or list it in secrets.yaml for this service");
    else if (value !== null && secrets.env.includes(key))
      sink.below(key).add("is in secrets.yaml too; write the bare key, or leave it out");
    else merged[key] = value;
  }
  for (const key of secrets.env) merged[key] = null;
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/** Values of the stack file are literal: what looks like interpolation to Compose is escaped. */
function literal(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.replaceAll("$", "$$$$")]));
}

function entries(value: PeopleService["environment"] | PeopleService["labels"]): Record<string, string | null> {
  if (value === undefined) return {};
  if (!Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, item === null ? null : String(item)]));
  return Object.fromEntries(
    value.map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [line, null] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function labels(people: PeopleService, faults: FaultSink): Record<string, string> | undefined {
  if (people.labels === undefined) return undefined;
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(entries(people.labels))) {
    if (key.startsWith("traefik."))
      faults
        .below(key)
        .add(
          "routing is never by container labels: two colours with one router would make the ingress drop it; add a route in the stack file",
        );
    else if (key.startsWith("dev.terrace.") || key.startsWith("com.docker.")) faults.below(key).add("is set by the tool; leave it out");
    else result[key] = value ?? "";
  }
  return result;
}

function dependsOn(people: PeopleService): PlannedService["dependsOn"] {
  const { depends_on: written } = people;
  if (written === undefined) return {};
  if (Array.isArray(written)) return Object.fromEntries(written.map((name) => [name, "service_started"]));
  return Object.fromEntries(Object.entries(written).map(([name, { condition }]) => [name, condition]));
}

/** Compose would fill `$NAME` from whatever environment it is started in; a release must not depend on that. `$$` is a literal dollar. */
function refuseInterpolation(value: unknown, faults: FaultSink): void {
  if (typeof value === "string") {
    const found = /(?<!\$)(?:\$\$)*(\$\{[^}]*\}?|\$[A-Za-z_][A-Za-z0-9_]*)/.exec(value)?.[1];
    if (found !== undefined)
      faults.add(
        `holds ${found}, which Compose would fill in on the server, got ${seen(value)}; write the value, set it in the stack file's environment, or write $$ for a dollar sign`,
      );
  } else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) refuseInterpolation(member, faults.below(key));
  }
}

function words(value: PeopleService["command"]): string[] | undefined {
  return value?.map(String);
}

/** Docker takes `CAP_CHOWN` and `chown` for `CHOWN`, the one form of the contract. */
function capabilityName(written: string): string {
  return written.toUpperCase().replace(/^CAP_/, "");
}

/** Optional fields must be absent, not undefined: the manifest is hashed. */
function dropUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
