import type { DataRequest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { label } from "../release/composeFile.ts";
import type { DataPlan } from "./dataPlan.ts";

/** Makes the network and the volumes that are absent; what is there is never touched. Returns what was made. */
export async function makeStores(
  { instance, environment }: Pick<DataRequest, "instance" | "environment">,
  { project, volumes }: DataPlan,
  { docker, progress }: Context,
): Promise<string[]> {
  const labels = { [label.instance]: instance, [label.environment]: environment, [label.part]: "data" };
  const made: string[] = [];
  if ((await docker.network(project)) === undefined) {
    await docker.createNetwork(project, labels);
    made.push(`network ${project}`);
  }
  for (const name of volumes) {
    const present = await docker.volume(name);
    if (present === undefined) {
      await docker.createVolume(name, labels);
      made.push(`volume ${name}`);
    } else if (present.labels[label.instance] !== instance) {
      // By that name it can only have been meant for this instance, so it is taken as it is: making it anew would lose what is in it.
      progress.warn(`volume ${name} was there and not made by Terrace; it is used as it is`);
    }
  }
  return made;
}
