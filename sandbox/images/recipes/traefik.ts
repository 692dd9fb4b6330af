import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { goTool } from "../../../toolchain/goTool.ts";
import { filesLayer } from "../layer.ts";
import type { Recipe } from "../recipe.ts";
import { health } from "./shared.ts";

/**
 * Traefik v3 from its Go module and nothing else: no shell, no user database. Its health check reads the static configuration, which must
 * have `ping` on, from where Traefik itself looks for it: `/etc/traefik/traefik.yml` or the environment, not the arguments.
 */
export const traefik: Recipe = {
  repository: "terrace/traefik",
  tags: ["v3"],
  variants: false,
  layers: async () => {
    const binary = await goTool("traefik");
    return [
      await filesLayer("CA certificates", [
        { path: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: await readFile("/etc/ssl/certs/ca-certificates.crt") },
        { path: "etc/traefik", mode: 0o755, directory: true },
        { path: "tmp", mode: 0o1777, directory: true },
      ]),
      // A cache entry never changes: its folder's name stands for the content.
      await filesLayer("Traefik", [{ path: "usr/local/bin/traefik", mode: 0o755, from: binary, identity: basename(dirname(binary)) }]),
    ];
  },
  config: {
    description: "Traefik v3 built from its Go module, for the Terrace sandbox",
    entrypoint: ["/usr/local/bin/traefik"],
    ports: ["80/tcp", "443/tcp"],
    health: health(["/usr/local/bin/traefik", "healthcheck"], 20),
  },
};
