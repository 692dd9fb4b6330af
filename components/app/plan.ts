import type { ComposeDocument, Release, Route, ServicePlan, SmokeCheck } from "../../contract/index.ts";
import { dataProject } from "../../contract/index.ts";
import { type Fault, Faults } from "../shared/fault.ts";
import { type ComposeDraft, type PeopleCompose, readComposeFile } from "./composeFile.ts";
import { planDependencies } from "./planDependencies.ts";
import { type PlannedService, planService, repositoryOf } from "./planService.ts";
import { wholeFaults } from "./wholeFaults.ts";

/** A variable of `secrets.yaml`, as far as planning goes: never its value. */
export interface PlannedVariable {
  readonly name: string;
  readonly services: readonly string[];
  readonly deliver: "env" | "file";
}

/** Everything a plan is made from: people's files and settings, read by the caller. No value here is secret. */
export interface PlanInput {
  readonly instance: string;
  /** For messages: `apps/shop`. */
  readonly directory: string;
  readonly compose: string;
  /** Files below `config/`, path to content. */
  readonly config: Readonly<Record<string, string>>;
  /** Pinned reference by service. */
  readonly images: Readonly<Record<string, string>>;
  readonly variables: readonly PlannedVariable[];
  /** Plain environment of the stack, by service; wins over the compose file. */
  readonly environment: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly routes: readonly Route[];
  readonly releaseEcho: Release["checks"]["releaseEcho"];
  readonly smoke: readonly SmokeCheck[];
  readonly strategy: Release["strategy"];
  /** Of the stateful services: their containers must not hold anything of an app's own strategy, or a release would make them anew. */
  readonly data: { readonly healthTimeoutSeconds: number };
}

/** What the data layer keeps: its document, every volume of the app, and which variables its services get. */
export interface DataPlan {
  readonly document: ComposeDocument | null;
  readonly volumes: readonly string[];
  readonly variables: Readonly<Record<string, string[]>>;
}

export type AppPlan =
  | { readonly kind: "faulty"; readonly faults: readonly Fault[] }
  | {
      readonly kind: "ready";
      readonly data: DataPlan;
      /** Everything but the name of the secret set. */ readonly release: Omit<Release, "secrets">;
    };

/**
 * Splits one ordinary compose file into what the data layer keeps and what an app release brings, both completely resolved: digests
 * literal, nothing interpolated, secrets as bare keys, volumes external. Pure: equal input gives equal documents.
 */
export function planApp(input: PlanInput): AppPlan {
  const faults = new Faults();
  const read = readComposeFile(input.compose, composeName(input), faults);
  if (read === undefined) return { kind: "faulty", faults: faults.list };
  const { compose } = read;
  const services = planServices(input, read, faults);
  if (read.isWellFormed) checkNames(input, compose, faults);
  if (faults.list.length > 0) return { kind: "faulty", faults: faults.list };
  return { kind: "ready", data: dataPlan(input, compose, services), release: releasePlan(input, services) };
}

/** What a compose file is judged by. */
export type ComposeInput = Pick<
  PlanInput,
  "instance" | "directory" | "compose" | "config" | "images" | "variables" | "environment" | "data"
> & {
  readonly strategy: Pick<PlanInput["strategy"], "healthTimeoutSeconds">;
};

/**
 * Faults of a compose file in itself beyond those of its shape, so that they can be told together with those of the stack file. A service
 * without an image in `images` is taken to have the right one: that it has none is told elsewhere.
 */
export function composeFaults(input: ComposeInput): readonly Fault[] {
  const faults = new Faults();
  const read = readComposeFile(input.compose, composeName(input), new Faults());
  if (read === undefined) return [];
  const images = Object.fromEntries(
    Object.entries(read.compose.services).map(([name, { image }]) => [
      name,
      input.images[name] ?? `${repositoryOf(image)}:any@sha256:${"0".repeat(64)}`,
    ]),
  );
  planServices({ ...input, images }, read, faults);
  return faults.list;
}

function composeName({ directory }: ComposeInput): string {
  return `${directory}/compose.yaml`;
}

function planServices(
  input: ComposeInput,
  { compose, services: written, told }: ComposeDraft,
  faults: Faults,
): Map<string, PlannedService> {
  const found = new Faults();
  const prefix = `${composeName(input)}: `;
  const file = found.at(prefix);
  const services = new Map<string, PlannedService>();
  for (const [name, service] of Object.entries(compose.services)) {
    services.set(name, planService(name, service, { ...input, volumes: compose.volumes ?? {} }, file.below(`services.${name}`)));
  }
  planDependencies(services, written, file);
  wholeFaults(services, written, Object.keys(compose.volumes ?? {}), file);
  // A key whose fault has been told was left out; whatever a plan has to say about it comes from that.
  const toldKeys = new Set(told.map(keyOf));
  faults.list.push(...found.list.filter(({ path }) => !toldKeys.has(keyOf(path.slice(prefix.length)))));
  return services;
}

/** `services.api.volumes` of `services.api.volumes[0]`. */
function keyOf(path: string): string {
  return /^services\.[^.]+\.[^.[]+/.exec(path)?.[0] ?? path;
}

function dataPlan(input: PlanInput, compose: PeopleCompose, services: ReadonlyMap<string, PlannedService>): DataPlan {
  const stateful = [...services].filter(([, service]) => service.role === "data");
  const document: ComposeDocument | null =
    stateful.length === 0
      ? null
      : {
          services: Object.fromEntries(stateful.map(([name, service]) => [name, service.document])),
          networks: { default: { external: true, name: dataProject(input.instance) } },
          ...volumesOf(input.instance, stateful),
        };
  return {
    document,
    volumes: Object.keys(compose.volumes ?? {}).sort(),
    variables: Object.fromEntries(stateful.map(([name, service]) => [name, service.secrets.env])),
  };
}

function releasePlan(input: PlanInput, services: ReadonlyMap<string, PlannedService>): Omit<Release, "secrets"> {
  const app = [...services].filter(([, service]) => service.role !== "data");
  const plans = app.map(([name, { role, waitFor, secrets, update }]): [string, ServicePlan] => {
    if (role === "data") throw new Error(`${name}: a stateful service is no part of a release`);
    return [name, { role, waitFor: [...waitFor], secrets, update }];
  });
  return {
    runtime: {
      kind: "compose",
      document: { services: Object.fromEntries(app.map(([name, service]) => [name, service.document])), ...volumesOf(input.instance, app) },
    },
    services: Object.fromEntries(plans),
    routes: [...input.routes],
    checks: { releaseEcho: input.releaseEcho, smoke: [...input.smoke] },
    strategy: input.strategy,
    config: input.config,
  };
}

/** The top-level entries of the volumes these services mount: made by the data layer, so external, under their host-wide names. */
function volumesOf(instance: string, services: readonly (readonly [string, PlannedService])[]): Pick<ComposeDocument, "volumes"> {
  const names = new Set(
    services.flatMap(([, { document }]) => (document.volumes ?? []).flatMap((mount) => (mount.type === "volume" ? [mount.source] : []))),
  );
  if (names.size === 0) return {};
  return { volumes: Object.fromEntries([...names].sort().map((name) => [name, { external: true, name: `${instance}_${name}` }])) };
}

/** Names in settings and secrets.yaml that the compose file does not know: a typing error there would silently configure nothing. */
function checkNames(input: PlanInput, compose: PeopleCompose, faults: Faults): void {
  const known = Object.keys(compose.services);
  const list = known.join(", ");
  for (const service of Object.keys(input.images)) {
    if (!known.includes(service))
      faults.at("images").below(service).add(`no such service in ${input.directory}/compose.yaml, which has ${list}`);
  }
  for (const service of Object.keys(input.environment)) {
    if (!known.includes(service))
      faults.at("environment").below(service).add(`no such service in ${input.directory}/compose.yaml, which has ${list}`);
  }
  for (const variable of input.variables) {
    for (const service of variable.services) {
      if (known.includes(service)) continue;
      faults
        .at(`${input.directory}/secrets.yaml: `)
        .below(`variables.${variable.name}.services`)
        .add(`no such service: "${service}"; compose.yaml has ${list}`);
    }
  }
  for (const route of input.routes) {
    const role = compose.services[route.service]?.["x-terrace"].role;
    if (role === "web") continue;
    faults
      .at("routes")
      .below(route.name)
      .add(
        role === undefined
          ? `no such service: "${route.service}"; compose.yaml has ${list}`
          : `"${route.service}" is a ${role}; only web services take requests`,
      );
  }
}
