import { packagesLayer } from "../debian/package.ts";
import { filesLayer } from "../layer.ts";
import type { Recipe } from "../recipe.ts";
import { addUser, dataUser, health, sourceFile } from "./shared.ts";

/** Redis 8 of Debian with an entry point of ours. Append-only file on the volume `/data`. */
export const redis: Recipe = {
  repository: "truealpha/redis",
  tags: ["8"],
  variants: false,
  layers: async (kitchen) => {
    const base = await kitchen.base();
    const packages = await packagesLayer(kitchen.apt, {
      title: "Redis 8",
      below: [base],
      packages: ["redis-server"],
      before: addUser("redis", dataUser, "/data"),
      after: "rm -f /usr/bin/redis-benchmark\nrm -rf /etc/redis\n",
    });
    const ours = await filesLayer("Redis entry point", [
      await sourceFile("redis/entrypoint", "usr/local/bin/entrypoint", 0o755),
      await sourceFile("redis/healthy", "usr/local/bin/healthy", 0o755),
      await sourceFile("shared/secret.sh", "usr/local/lib/terrace/secret.sh", 0o644),
      { path: "data", mode: 0o750, owner: dataUser, directory: true },
    ]);
    return [base, packages, ours];
  },
  config: {
    description: "Redis 8 from Debian's packages, for the Terrace demo application",
    user: `${dataUser}:${dataUser}`,
    entrypoint: ["/usr/local/bin/entrypoint"],
    workingDirectory: "/data",
    ports: ["6379/tcp"],
    volumes: ["/data"],
    health: health(["/usr/local/bin/healthy"], 20),
  },
};
