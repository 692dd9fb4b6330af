import assert from "node:assert/strict";
import { tieServices } from "../../../host/data/tieServices.ts";
import type { Container } from "../../../host/docker/containers.ts";

const network = "shop-staging-data";
const container = (service: string, networks: Container["networks"]): Container =>
  ({
    id: service,
    name: `${network}-${service}-1`,
    labels: { "dev.terrace.service": service },
    networks,
  }) as Partial<Container> as Container;

describe("stateful services in their network", () => {
  it("are left alone there, brought back from outside, and given their name again", async () => {
    const calls: string[] = [];
    const docker = {
      connect: (to: string, id: string, aliases: readonly string[]) => {
        calls.push(`connect ${id} to ${to} as ${aliases.join(", ")}`);
        return Promise.resolve();
      },
      disconnect: (from: string, id: string) => {
        calls.push(`disconnect ${id} from ${from}`);
        return Promise.resolve();
      },
    };
    const containers = [
      container("redis", { bridge: [] }),
      container("postgres", { [network]: [`${network}-postgres-1`, "postgres"] }),
      container("neo4j", { [network]: ["0123456789ab"] }),
    ];
    assert.deepEqual(await tieServices(containers, network, docker), ["neo4j", "redis"]);
    assert.deepEqual(calls, [
      `connect redis to ${network} as ${network}-redis-1, redis`,
      `disconnect neo4j from ${network}`,
      `connect neo4j to ${network} as ${network}-neo4j-1, neo4j`,
    ]);
  });
});
