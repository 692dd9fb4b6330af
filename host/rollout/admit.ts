import type { Manifest } from "../../contract/index.ts";
import { dataProject } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import { readRouterFile } from "../ingress/routerFile.ts";
import { leadsTo, targetOf } from "../ingress/routing.ts";
import { InvalidRequest } from "../request.ts";
import { readCurrent } from "../state/current.ts";
import { requireOwner } from "../state/owner.ts";
import { readReleases } from "../state/releases.ts";
import { readRelease } from "../release/releaseDirectory.ts";
import type { Standing } from "./attempt.ts";
import { inspect, membersOf } from "./colour.ts";
import { requireFreeRoutes } from "./freeRoutes.ts";
import type { Order } from "./order.ts";
import { planFaults } from "./planFaults.ts";
import { secretValues } from "./secretValues.ts";
import type { SecretValues } from "./secretValues.ts";

export type Admission =
  | { readonly kind: "unchanged"; readonly current: Standing["current"] }
  | { readonly kind: "admitted"; readonly before: Standing | undefined; readonly secrets: SecretValues };

/** Decides whether the order may begin. Refusals (`Failure`) come before anything on the host has changed. */
export async function admit(order: Order, context: Context): Promise<Admission> {
  const { manifest } = order;
  const faults = planFaults(manifest);
  if (faults.length > 0) throw new InvalidRequest("malformed_request", faults.join("; "));
  if (order.request === "rollout") await requireOwner(context.paths, manifest.instance, manifest.owner);

  const before = await standing(context, manifest.instance);
  if (before !== undefined && (await runsAlready(order, before, context))) return { kind: "unchanged", current: before.current };
  await requireVolumes(manifest, context);
  await requireDataNetwork(manifest, context);
  await requireFreeRoutes(manifest, context);
  return { kind: "admitted", before, secrets: await secretValues(order, context) };
}

/** What serves now, as it was sealed. */
export async function standing(context: Context, instance: string): Promise<Standing | undefined> {
  const current = await readCurrent(context.paths, instance);
  if (current === undefined) return undefined;
  const record = (await readReleases(context.paths, instance)).find(({ release }) => release === current.release);
  if (record === undefined)
    throw new Failure("refused", "state_unreadable", `${current.release} runs, but is not among the known releases`);
  return { current, manifest: await readRelease(context.paths, instance, record) };
}

/** The same release, unless its epoch was raised to send it again, routed to, and with every container in good health. */
async function runsAlready(order: Order, { current, manifest }: Standing, context: Context): Promise<boolean> {
  if (current.releaseId !== order.releaseId || order.epoch > current.epoch) return false;
  const routes = await readRouterFile(context.paths, current.instance);
  if (!leadsTo(routes, current.instance, targetOf(manifest, current.releaseId, current.colour))) return false;
  const looked = await inspect(context, await membersOf(context, current.instance, current.colour));
  return Object.entries(manifest.release.services).every(([service, { role }]) => {
    if (role === "job") return true;
    const containers = looked.filter(({ member }) => member.service === service);
    const wanted = manifest.release.runtime.document.services[service]?.scale ?? 1;
    return containers.length === wanted && containers.every(({ container }) => container.running && container.health !== "unhealthy");
  });
}

async function requireVolumes(manifest: Manifest, { docker }: Context): Promise<void> {
  for (const { name } of Object.values(manifest.release.runtime.document.volumes ?? {})) {
    if ((await docker.volume(name)) === undefined) throw new Failure("refused", "data_absent", `there is no volume ${name} on this host`);
  }
}

async function requireDataNetwork(manifest: Manifest, { docker }: Context): Promise<void> {
  const waits = Object.values(manifest.release.services).some(({ waitFor }) => waitFor.length > 0);
  const network = dataProject(manifest.instance);
  if (waits && (await docker.network(network)) === undefined) {
    throw new Failure("refused", "data_absent", `there is no network ${network} on this host`);
  }
}
