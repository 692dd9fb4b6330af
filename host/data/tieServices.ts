import type { Container } from "../docker/containers.ts";
import type { Docker } from "../docker/docker.ts";
import { label } from "../release/composeFile.ts";

/**
 * Brings services back that somebody took out of the instance's network, or put into it again without the name that others call them by.
 * They are healthy all the while, and `docker compose up` of Debian 13 (2.26) finds nothing to do. Gives the names of those it tied.
 */
export async function tieServices(
  containers: Iterable<Container>,
  network: string,
  docker: Pick<Docker, "connect" | "disconnect">,
): Promise<string[]> {
  const tied: string[] = [];
  for (const { id, labels, name, networks } of containers) {
    const service = labels[label.service] ?? name;
    const names = networks[network];
    if (names?.includes(service) === true) continue;
    if (names !== undefined) await docker.disconnect(network, id);
    await docker.connect(network, id, [name, service]);
    tied.push(service);
  }
  return tied.sort();
}
