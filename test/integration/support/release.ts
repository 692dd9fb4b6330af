import { startLoad } from "../../../bench/load/load.ts";
import type { LoadClass } from "../../../bench/load/openLoop.ts";
import { summarize } from "../../../bench/load/summary.ts";
import { shellOutput } from "../../../sandbox/index.ts";
import { publishImages, pushedReferences } from "../../../sandbox/images/publish.ts";
import { ask } from "./ask.ts";
import type { World } from "./world.ts";

/** Publishes another build of the API, and of the workers, as a CI does after a push: the next preview of the checkout shows it. */
export async function publish(world: World, api: string, worker = "v1"): Promise<void> {
  await publishImages(world.sandbox, world.checkout.path("image-digests.json"), {
    tags: { "truealpha/api": api, "truealpha/worker": worker },
  });
}

/** Shorter waits than the committed stack file's, so that a test with many rollouts ends in minutes. The first caller changes the file. */
export async function hasten(world: World, stack: string): Promise<void> {
  const file = `Pulumi.${stack}.yaml`;
  if ((await world.checkout.read(file)).includes("strategy:")) return;
  const strategy = "strategy: { healthTimeoutSeconds: 30, settleSeconds: 3, drainSeconds: 3 }";
  await world.checkout.edit(file, "      images: fromBuild\n", `      images: fromBuild\n      ${strategy}\n`);
}

/** Pinned reference of a build, pushed if it was not: `truealpha/api:v2`. */
export async function referenceOf(world: World, name: string): Promise<string> {
  const reference = (await pushedReferences(world.sandbox, [name])).get(name);
  if (reference === undefined) throw new Error(`${name}: was not pushed`);
  return reference;
}

/**
 * Digests that an instance's running containers were made from, by service: from Docker's image records, not from what anybody asked for.
 * While an old colour drains a service has two containers; the newest counts.
 */
export async function runningDigests(
  world: World,
  server: string,
  instance = "truealpha-staging",
): Promise<Readonly<Record<string, string>>> {
  const containers = await shellOutput(
    world.sandbox.server(server),
    `docker inspect --format '{{.Created}} {{index .Config.Labels "dev.terrace.service"}} {{.Image}}' $(docker ps --quiet --filter label=dev.terrace.instance=${instance}) | sort`,
  );
  const digests: Record<string, string> = {};
  for (const line of containers.split("\n")) {
    const [, service = "", image = ""] = line.split(" ");
    const reference = await shellOutput(world.sandbox.server(server), `docker image inspect --format '{{index .RepoDigests 0}}' ${image}`);
    digests[service] = reference.split("@")[1] ?? "";
  }
  return digests;
}

/** The same for one service; "" where none runs. */
export async function runningDigest(world: World, server: string, service: string, instance?: string): Promise<string> {
  return (await runningDigests(world, server, instance))[service] ?? "";
}

/** Release id that the public name answers with now. */
export async function publicRelease(world: World, host: string): Promise<string> {
  const { status, body } = await ask(world, host, { path: "/__release" });
  if (status !== 200) throw new Error(`${host}/__release: status ${status}: ${body}`);
  return (JSON.parse(body) as { readonly release: string }).release;
}

const query = JSON.stringify({ query: "{ release }" });
/** Both kinds of connection, each with a request that may be repeated and one that must not. */
export const trafficClasses: readonly LoadClass[] = [
  { name: "get, new connection", method: "GET", keepAlive: false, path: "/__release" },
  { name: "get, kept connection", method: "GET", keepAlive: true, path: "/__release" },
  { name: "post, new connection", method: "POST", keepAlive: false, path: "/graphql", body: query },
  { name: "post, kept connection", method: "POST", keepAlive: true, path: "/graphql", body: query },
];

/** Sends visitors' requests while `work` runs, and gives what they saw. Stops by itself after `maximumRequests`. */
export async function underTraffic<T>(world: World, host: string, ratePerSecond: number, maximumRequests: number, work: () => Promise<T>) {
  const load = await startLoad({
    address: world.sandbox.slot.edgeLoopback,
    port: 443,
    host,
    authority: world.authority,
    ratePerSecond,
    maximumRequests,
    timeoutMilliseconds: 10_000,
    classes: trafficClasses,
  });
  const outcome = await work().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const seen = summarize(await load.stop());
  if ("error" in outcome) throw outcome.error;
  return { result: outcome.value, seen };
}
