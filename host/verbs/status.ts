import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { contractVersion, parseReference, shortId } from "../../contract/index.ts";
import type { InstanceStatus, Status } from "../../contract/index.ts";
import { deployEnvironment } from "../caller.ts";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import { readRouterFile } from "../ingress/routerFile.ts";
import { routedHosts } from "../ingress/routing.ts";
import { label } from "../release/composeFile.ts";
import { hasServed } from "../rollout/ending.ts";
import { manifestOf, servingNow, unfinishedSentence } from "../rollout/servingNow.ts";
import type { ServingNow } from "../rollout/servingNow.ts";
import { lacks } from "../rollout/wholeness.ts";
import { currentInstances } from "../state/current.ts";
import { readHistory } from "../state/history.ts";
import { readOwner } from "../state/owner.ts";
import { table } from "../table.ts";
import { verb } from "../verb.ts";

/**
 * `terrace status`: what runs on this host, from Docker and Traefik's files as much as from our own records. A deploy user sees the
 * instances of its own environment.
 */
export const statusVerb = verb({
  accepts: "status",
  run: async ({ instance }, context) => {
    const known = await visibleInstances(context);
    if (instance !== undefined && !known.includes(instance)) {
      throw new Failure("refused", "no_such_instance", `${instance} is not known on this host; there are: ${known.join(", ") || "none"}`);
    }
    const wanted = instance === undefined ? known : [instance];
    const instances = await Promise.all(wanted.map((name) => instanceStatus(name, context)));
    const found: Status = { contract: contractVersion, host: hostname(), program: context.program.sha256, instances };
    return { kind: "printed", json: found, table: statusTable(found) };
  },
});

/** Instances that serve, that have an owner, or that have containers. */
async function knownInstances({ paths, docker }: Context): Promise<string[]> {
  const entries = await readdir(paths.state, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const owned = await Promise.all(folders.map(async (name) => ((await readOwner(paths, name)) === undefined ? [] : [name])));
  const containers = await docker.containers({ [label.instance]: "" });
  const running = containers.map(({ labels }) => labels[label.instance] ?? "");
  return [...new Set([...(await currentInstances(paths)), ...owned.flat(), ...running])].sort();
}

async function visibleInstances(context: Context): Promise<string[]> {
  const all = await knownInstances(context);
  const own = deployEnvironment(context.actor.user);
  if (own === undefined) return all;
  const environments = await Promise.all(all.map((instance) => environmentOf(instance, context)));
  return all.filter((_, index) => environments[index] === own);
}

/** The owner record's word first: a container's labels are what a release says of itself. Empty where nobody says. */
async function environmentOf(instance: string, { paths, docker }: Context): Promise<string> {
  const owner = await readOwner(paths, instance);
  if (owner !== undefined) return owner.owner.stack;
  const [container] = await docker.containers({ [label.instance]: instance });
  return container?.labels[label.environment] ?? "";
}

async function instanceStatus(instance: string, context: Context): Promise<InstanceStatus> {
  const { paths, docker } = context;
  const summaries = await docker.containers({ [label.instance]: instance });
  const containers = await Promise.all(summaries.map(({ id }) => docker.container(id)));
  const routes = await readRouterFile(paths, instance);
  const now = await servingNow(paths, instance);
  return {
    instance,
    environment: await environmentOf(instance, context),
    ...now,
    hosts: routes === undefined ? [] : routedHosts(routes),
    containers: containers
      .flatMap((container) => (container === undefined ? [] : [containerStatus(container)]))
      .sort((a, b) => a.part.localeCompare(b.part) || a.service.localeCompare(b.service)),
    lacks: await lacksOf(now, instance, context),
    last: (await readHistory(paths, instance)).at(-1) ?? null,
  };
}

/** Nothing where the release cannot be read: then a rollout says so, and the containers are shown as they are. */
async function lacksOf({ serving, unfinished }: ServingNow, instance: string, context: Context): Promise<string[]> {
  if (serving?.colour === undefined || serving.colour === null) return [];
  const manifest = await manifestOf(context.paths, instance, serving.release);
  return manifest === undefined ? [] : await lacks(manifest, serving.colour, unfinished !== null, context);
}

type ContainerStatus = InstanceStatus["containers"][number];

function containerStatus(container: NonNullable<Awaited<ReturnType<Context["docker"]["container"]>>>): ContainerStatus {
  const { labels } = container;
  return {
    service: labels[label.service] ?? container.name,
    part: (labels[label.part] ?? "data") as ContainerStatus["part"],
    role: labels[label.role] ?? "",
    state: container.status,
    // Of one that has ended, Docker keeps the last word of its check.
    health: container.running ? container.health : null,
    digest: parseReference(container.image)?.digest ?? null,
    since: container.running ? container.startedAt : null,
    restarts: container.restarts,
  };
}

export function statusTable({ host, program, instances }: Status): string {
  const head = `${host}, terrace ${shortId(program)}\n`;
  if (instances.length === 0) return `${head}no instances\n`;
  return head + instances.map(instanceTable).join("");
}

function instanceTable(instance: InstanceStatus): string {
  const { serving, version, since, unfinished, hosts, last, containers } = instance;
  const between = unfinished !== null && hasServed(unfinished.phase);
  const serves =
    serving === null
      ? between
        ? "is between two releases"
        : "serves nothing"
      : `${serving.release} (version ${version ?? "?"}, ${serving.colour ?? "?"}) since ${since ?? "?"}`;
  const lines = [`\n${instance.instance}: ${serves}\n`];
  for (const lack of instance.lacks) lines.push(` !  ${lack}\n`);
  if (unfinished !== null) lines.push(`  unfinished: ${unfinishedSentence(unfinished)}\n`);
  if (hosts.length > 0) lines.push(`  routes: ${hosts.map((host) => `https://${host}`).join(", ")}\n`);
  if (last !== null)
    lines.push(`  last: ${last.action} ${last.rollout} ${last.outcome} (${last.code}) at ${last.time} by ${last.actor.user}\n`);
  const rows = containers.map((container) => [
    container.service,
    container.part,
    container.role,
    container.health === null ? container.state : `${container.state} (${container.health})`,
    container.digest?.slice(0, "sha256:".length + 12) ?? "-",
    container.since?.replace(/\.\d+Z$/, "Z") ?? "-",
    String(container.restarts),
  ]);
  if (rows.length === 0) return lines.join("");
  const text = table(["service", "part", "role", "state", "digest", "since", "restarts"], rows);
  return lines.join("") + text.replace(/^/gm, "  ").trimEnd() + "\n";
}
