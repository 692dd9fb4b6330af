import { dataProject } from "../../contract/index.ts";
import type { DataRequest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { DockerError } from "../docker/transport.ts";
import { succeeded } from "../ending.ts";
import type { Ending } from "../ending.ts";
import { label } from "../release/composeFile.ts";
import { nextNumber } from "../state/counter.ts";
import { readCurrent } from "../state/current.ts";
import { appendHistory } from "../state/history.ts";
import { foreignOwner, readOwner, sameOwner } from "../state/owner.ts";
import { noteWithRemains, remainsOf } from "../state/remains.ts";
import { verb } from "../verb.ts";
import { dataContainers } from "./dataServices.ts";

/**
 * `terrace-retire-data`: what Pulumi calls when it deletes the data layer of an instance, with the request that it keeps in state. Stops
 * and removes the services. Volumes stay, always: a mistake here must not cost a database.
 */
export const retireDataVerb = verb({ accepts: "data", lease: ({ instance }) => instance, run: retireData });

async function retireData({ instance, environment, owner }: DataRequest, context: Context): Promise<Ending> {
  // An owner record that cannot be read fails here, so that Pulumi keeps the resource.
  const record = await readOwner(context.paths, instance);
  if (record === undefined) return unchanged(instance, `${instance} is not known on this host; nothing to retire`);
  if (!sameOwner(record.owner, owner)) return unchanged(instance, `${foreignOwner(instance, record.owner, owner)}; it was left as it is`);

  context.progress.step(`retire the stateful services of ${instance}`);
  const current = await readCurrent(context.paths, instance);
  if (current !== undefined) context.progress.warn(`${current.release} still serves and loses its stateful services`);
  const removed = await standDown(context, instance);
  const network = await removeNetwork(context, dataProject(instance));
  const remains = await remainsOf(instance, environment, context);
  for (const line of remains) context.progress.note(`stays: ${line}`);
  if (removed.length === 0 && network === "absent") return unchanged(instance, `${instance} has no stateful services; nothing to retire`);

  const services = removed.length === 0 ? "no service ran" : `${removed.join(", ")} stopped and removed`;
  const what = `${instance}: ${services}; its data stays, and pulumi up finds it again`;
  const rollout = await nextNumber(context.paths, instance);
  await appendHistory(context.paths, instance, environment, {
    time: context.clock.now().toISOString(),
    rollout,
    action: "retire",
    release: null,
    releaseId: null,
    version: null,
    outcome: "deployed",
    code: "ok",
    note: noteWithRemains(what, remains),
    actor: context.actor,
  });
  return succeeded({ outcome: "deployed", code: "ok", what, instance, rollout });
}

/** Stops every stateful service of an instance with its own grace, then removes the containers. Names of the services. */
export async function standDown(context: Pick<Context, "docker">, instance: string): Promise<string[]> {
  const containers = [...(await dataContainers(context, instance)).values()];
  await Promise.all(containers.map(({ id }) => context.docker.stop(id)));
  for (const { id } of containers) await context.docker.remove(id);
  return containers.map(({ labels, name }) => labels[label.service] ?? name).sort();
}

/** A network that somebody still uses stays, and is named among what stays. */
async function removeNetwork({ docker, progress }: Context, name: string): Promise<"absent" | "removed" | "kept"> {
  if ((await docker.network(name)) === undefined) return "absent";
  try {
    await docker.removeNetwork(name);
    return "removed";
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    progress.warn(`network ${name} stays: ${error.message}`);
    return "kept";
  }
}

function unchanged(instance: string, what: string): Ending {
  return succeeded({ outcome: "unchanged", code: "ok", what, instance });
}
