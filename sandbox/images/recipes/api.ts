import { filesLayer } from "../layer.ts";
import type { Recipe } from "../recipe.ts";
import { appUser, health, sourceFile, variantLayer } from "./shared.ts";

/** The demo's GraphQL API. Runs as a user without rights, on a read-only root; only `/data` is written. */
export const api: Recipe = {
  repository: "truealpha/api",
  tags: ["v1", "v2", "v3", "exits", "never-healthy", "smoke-fails"],
  variants: true,
  layers: async (kitchen, variant) => [
    ...(await kitchen.node()),
    await filesLayer("truealpha API", [
      await sourceFile("shared/http-ok", "usr/local/bin/http-ok", 0o755),
      { path: "app/main.cjs", mode: 0o644, content: await kitchen.bundle("main.ts") },
      // A new volume takes over the owner of the folder that it is mounted on.
      { path: "data", mode: 0o750, owner: appUser, directory: true },
    ]),
    await variantLayer(variant),
  ],
  config: {
    description: "GraphQL API of the Terrace demo application",
    user: `${appUser}:${appUser}`,
    environment: { NODE_ENV: "production" },
    entrypoint: ["/usr/local/bin/node", "/app/main.cjs"],
    workingDirectory: "/app",
    ports: ["8080/tcp"],
    health: health(["/usr/local/bin/http-ok", "8080", "/healthz"], 20),
  },
};
