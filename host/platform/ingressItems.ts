import { join } from "node:path";
import type { PlatformRequest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { bringImage } from "../docker/bringImage.ts";
import type { Container } from "../docker/containers.ts";
import { DockerError } from "../docker/transport.ts";
import { Failure } from "../ending.ts";
import { ingressName, ingressNetwork } from "../ingress/api.ts";
import { label } from "../release/composeFile.ts";
import { dockerAnswers } from "./dockerItems.ts";
import { ingressConfiguration, ingressTlsOptions } from "./ingressConfiguration.ts";
import { definitionLabel, ingressConfigurationPath, ingressContainer } from "./ingressContainer.ts";
import { findingOf, ok, unknown, wrong } from "./item.ts";
import type { Finding, Item } from "./item.ts";
import { faultsOf, fileFault, statIfPresent, writeManagedFile } from "./managedFile.ts";
import type { SystemPlaces } from "./places.ts";

type World = Pick<Context, "docker" | "clock" | "paths" | "progress" | "hostSecrets"> & { readonly places: SystemPlaces };

/** Unique local addresses (RFC 4193) that leave this host only translated, so they need not differ from host to host. */
const ipv6Subnet = "fd7e:7ace:1::/64";
const healthSeconds = 60;
const dockerDown = unknown("Docker does not answer");

/** The network on which the ingress reaches the web containers of every instance. */
export async function networkItem(world: World): Promise<Item> {
  // Without IPv6 in the kernel Docker could not make a network that has it.
  const subnet = (await statIfPresent(world.places.ipv6)) === undefined ? null : ipv6Subnet;
  const definition = `bridge ${subnet ?? "without IPv6"}`;
  return {
    name: "ingress network",
    effect: "restart",
    wanted: { definition },
    code: "docker_unreachable",
    check: async () => {
      if (!(await dockerAnswers(world))) return dockerDown;
      const network = await world.docker.network(ingressNetwork);
      if (network === undefined) return wrong("absent");
      const seen = network.labels[definitionLabel];
      return seen === definition ? ok : wrong(`is ${seen ?? "not ours"} instead of ${definition}`, "restart");
    },
    change: async () => {
      if ((await world.docker.network(ingressNetwork)) !== undefined) await removeNetwork(world);
      const labels = { [label.part]: "ingress", [definitionLabel]: definition };
      const options = { bridgeName: ingressNetwork, ...(subnet === null ? {} : { ipv6Subnet: subnet }) };
      await world.docker.createNetwork(ingressNetwork, labels, options);
    },
  };
}

/** The ingress itself is made again by a later item. Containers of instances would be cut off, so they must be gone. */
async function removeNetwork({ docker }: World): Promise<void> {
  const ingress = await docker.container(ingressName);
  if (ingress !== undefined) await docker.remove(ingress.id);
  try {
    await docker.removeNetwork(ingressNetwork);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    const what = `the network ${ingressNetwork} must be made anew and is in use: ${error.message}; stop what uses it first`;
    throw new Failure("aborted", "docker_unreachable", what, { cause: error });
  }
}

export function configurationItem({ paths }: World, ingress: PlatformRequest["ingress"]): Item {
  const file = { path: ingressConfigurationPath(paths), content: ingressConfiguration(ingress), mode: 0o644 };
  return {
    name: "ingress configuration",
    // The file alone does nothing: Traefik reads it when it starts. A new text makes the container another one, see below.
    effect: "none",
    wanted: file.content,
    code: "bug",
    check: async () => findingOf(await faultsOf([fileFault(file)])),
    change: () => writeManagedFile(file),
  };
}

export function tlsOptionsItem({ paths }: World, ingress: PlatformRequest["ingress"]): Item {
  const file = { path: join(paths.ingressDynamic, "platform.yml"), content: ingressTlsOptions(ingress), mode: 0o644 };
  return {
    name: "ingress TLS options",
    // Taken over without a restart; connections that stand are not cut.
    effect: "reload",
    wanted: file.content,
    code: "bug",
    check: async () => findingOf(await faultsOf([fileFault(file)]), "reload"),
    change: () => writeManagedFile(file),
  };
}

export function containerItem(world: World, request: Pick<PlatformRequest, "environment" | "ingress">): Item {
  const configuration = ingressConfiguration(request.ingress);
  const wanted = ingressContainer(request, configuration, world.paths);
  const look = async (): Promise<Finding> => {
    const container = await settled(world);
    if (container === undefined) return wrong("absent");
    const faults = definitionFaults(container, wanted.definition);
    // Only where nothing else is wanted of it: with new settings, the file that is there now is simply the old one.
    if (faults.length === 0 && (await startedWithOther(container, world, configuration)))
      faults.push("was started with a configuration that somebody had changed");
    if (faults.length > 0) return wrong(faults.join("; "), container.running ? "restart" : "none");
    if (!container.running) return wrong(`is ${container.status}`);
    return container.health === "healthy"
      ? ok
      : wrong(`is ${container.health ?? "without a health check"}${lastProbe(container)}`, "restart");
  };
  return {
    name: "ingress",
    effect: "restart",
    wanted: { definition: wanted.definition, image: request.ingress.image },
    code: "ingress_unreachable",
    check: async () => ((await dockerAnswers(world)) ? look() : dockerDown),
    change: async () => {
      await bringImage(world, request.environment, request.ingress.image);
      const before = await world.docker.container(ingressName);
      // A container that is as it should be only has to run: its log is evidence.
      if (before !== undefined && definitionFaults(before, wanted.definition).length === 0 && !before.running) {
        await world.docker.start(before.id);
        await requireHealthy(world);
        return;
      }
      await replaceContainer(world, before, wanted.body);
    },
  };
}

function definitionFaults(container: Container, definition: string): string[] {
  const faults: string[] = [];
  if (container.labels[definitionLabel] !== definition) faults.push("was made from another definition");
  if (container.restartPolicy !== "unless-stopped") faults.push(`has restart policy "${container.restartPolicy}"`);
  return faults;
}

/**
 * Traefik has read its file at the start of the container. Where the file is wrong now and was so then, repairing it is not enough; this
 * is asked before the file is repaired, and `applyItems` holds on to the answer.
 */
async function startedWithOther(container: Container, { paths }: World, content: string): Promise<boolean> {
  const path = ingressConfigurationPath(paths);
  const stats = await statIfPresent(path);
  if (stats === undefined || !container.running) return false;
  const changed = (await fileFault({ path, content, mode: 0o644 })) !== undefined;
  return changed && stats.mtimeMs < Date.parse(container.startedAt);
}

/**
 * Two containers cannot have the ports at once, so the old one stops first. It is kept until the new one is healthy, and goes back to work
 * when that does not happen: a typing error in a setting must not take every instance off the net.
 */
async function replaceContainer(world: World, before: Container | undefined, body: Readonly<Record<string, unknown>>): Promise<void> {
  const { docker } = world;
  const previousName = `${ingressName}-previous`;
  const leftover = await docker.container(previousName);
  if (leftover !== undefined) await docker.remove(leftover.id);
  if (before !== undefined) {
    await docker.stop(before.id);
    await docker.rename(before.id, previousName);
  }
  let made: string | undefined;
  try {
    made = await docker.createContainer(ingressName, body);
    await docker.start(made);
    await requireHealthy(world);
  } catch (error) {
    const log = made === undefined ? [] : await docker.logTail(made, 5).catch(() => []);
    for (const line of log) world.progress.warn(line);
    if (made !== undefined) await docker.remove(made);
    if (before !== undefined) {
      await docker.rename(before.id, ingressName);
      if (before.running) await docker.start(before.id);
    }
    const what = error instanceof Error ? error.message : String(error);
    const now = before?.running === true ? "the earlier one runs again" : "none runs";
    throw new Failure("aborted", "ingress_unreachable", `the new ingress did not come up, ${now}: ${what}`, { cause: error });
  }
  if (before !== undefined) await docker.remove(before.id);
}

async function requireHealthy(world: World): Promise<void> {
  const container = await settled(world);
  if (container?.running === true && container.health === "healthy") return;
  const state = container === undefined ? "is gone" : `is ${container.status}, ${container.health ?? "without a health check"}`;
  throw new Failure(
    "aborted",
    "ingress_unreachable",
    `the ingress ${state} after ${healthSeconds} s${container === undefined ? "" : lastProbe(container)}`,
  );
}

function lastProbe({ healthLog }: Container): string {
  const last = healthLog.at(-1);
  return last === undefined ? "" : `: ${last}`;
}

/** The container once its health is decided: Docker says "starting" after each start, also of the daemon. Waits by Docker's events. */
async function settled({ docker, clock }: World): Promise<Container | undefined> {
  const undecided = (container: Container | undefined): boolean => container?.running === true && container.health === "starting";
  const first = await docker.container(ingressName);
  if (!undecided(first)) return first;
  const subscription = await docker.subscribe({ [label.part]: "ingress" });
  const stop = new AbortController();
  const timeout = clock.pause(healthSeconds * 1000, stop.signal).catch(() => undefined);
  const events = subscription.events[Symbol.asyncIterator]();
  try {
    for (;;) {
      const container = await docker.container(ingressName);
      if (!undecided(container)) return container;
      const next = await Promise.race([events.next(), timeout]);
      if (next === undefined || next.done === true) return await docker.container(ingressName);
    }
  } finally {
    stop.abort();
    subscription.close();
  }
}
