import { filesLayer, type FileEntry } from "../layer.ts";
import type { Recipe } from "../recipe.ts";
import { appUser, health, sourceFile } from "./shared.ts";

/** In Neo4j's place, which no registry here has: discovery on 7474, a volume at `/data`, a clear refusal of every query. */
export const neo4j = standIn({
  repository: "truealpha/neo4j",
  product: "Neo4j",
  entry: "standins/neo4j.ts",
  port: 7474,
  healthPath: "/",
  volume: "/data",
});

/** In Flower's place: one page on 5555 with the workers that Redis knows of. */
export const flower = standIn({
  repository: "truealpha/flower",
  product: "Flower",
  entry: "standins/flower.ts",
  port: 5555,
  healthPath: "/healthcheck",
});

interface StandInSettings {
  readonly repository: string;
  readonly product: string;
  readonly entry: string;
  readonly port: number;
  readonly healthPath: string;
  readonly volume?: string;
}

function standIn({ repository, product, entry, port, healthPath, volume }: StandInSettings): Recipe {
  return {
    repository,
    tags: ["stand-in"],
    variants: false,
    layers: async (kitchen) => {
      const folder: readonly FileEntry[] =
        volume === undefined ? [] : [{ path: volume.slice(1), mode: 0o750, owner: appUser, directory: true }];
      return [
        ...(await kitchen.node()),
        await filesLayer(`stand-in for ${product}`, [
          await sourceFile("shared/http-ok", "usr/local/bin/http-ok", 0o755),
          { path: "app/main.cjs", mode: 0o644, content: await kitchen.bundle(entry) },
          ...folder,
        ]),
      ];
    },
    config: {
      description: `Stand-in for ${product} in the Terrace sandbox: not ${product}`,
      user: `${appUser}:${appUser}`,
      environment: { NODE_ENV: "production" },
      entrypoint: ["/usr/local/bin/node", "/app/main.cjs"],
      workingDirectory: "/app",
      ports: [`${port}/tcp`],
      ...(volume === undefined ? {} : { volumes: [volume] }),
      health: health(["/usr/local/bin/http-ok", String(port), healthPath], 20),
    },
  };
}
