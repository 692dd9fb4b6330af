import { canonicalJson } from "../../contract/index.ts";
import { shopName, type RolloutWorld } from "../../test/integration/rollout/world.ts";
import { overSsh, type RolloutTime, type Side } from "./side.ts";

/** Ours: one SSH connection of the deploy user, the request on standard input, as Pulumi's command resource does it. */
export function terraceSide(world: RolloutWorld): Side {
  const target = {
    user: "deploy-staging",
    address: world.host.place.address.ipv4,
    privateKey: world.sandbox.seed.identities["deploy-staging"].privateKey,
  };
  return {
    name: "terrace",
    port: 443,
    host: shopName,
    rollOut: async (tag) => {
      const request = canonicalJson(world.request({ api: tag, worker: tag, settleSeconds: 1, drainSeconds: 5 }));
      const begun: [string, number][] = [];
      const started = performance.now();
      const seconds = (): number => (performance.now() - started) / 1000;
      await overSsh(target, "sudo -n /opt/terrace/bin/terrace-rollout", request, (title) => begun.push([title, seconds()]));
      return timeOf(begun, seconds());
    },
  };
}

/** A phase has ended when the next one begins. */
function timeOf(begun: readonly (readonly [string, number])[], returned: number): RolloutTime {
  const phases = Object.fromEntries(begun.map(([title], index) => [title, begun[index + 1]?.[1] ?? returned]));
  const confirmed = phases["confirm"];
  if (confirmed === undefined)
    throw new Error(`the rollout told of no phase "confirm", only of ${begun.map(([title]) => title).join(", ")}`);
  return { confirmed, returned, phases };
}
