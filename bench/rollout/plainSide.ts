import { parse, stringify } from "yaml";
import { composeText } from "../../test/integration/rollout/shop.ts";
import type { RolloutWorld } from "../../test/integration/rollout/world.ts";
import { overSsh, type Side } from "./side.ts";

/**
 * The control: the same compose file and images on the same server, brought out by `docker compose pull && docker compose up -d --wait` over
 * SSH, with Traefik finding containers by their labels. What most teams have; it is set up as its documentation says, not badly.
 */
export async function plainSide(world: RolloutWorld): Promise<Side> {
  const host = "plain.truealpha.test";
  const target = {
    user: "root",
    address: world.host.place.address.ipv4,
    privateKey: world.sandbox.seed.identities.platform.privateKey,
  };
  await startIngress(world);
  return {
    name: "plain compose",
    port,
    host,
    rollOut: async (tag) => {
      const started = performance.now();
      const seconds = (): number => (performance.now() - started) / 1000;
      const command = `cat > ${directory}/compose.yaml && cd ${directory} && docker compose --progress quiet pull && docker compose --progress quiet up -d --wait`;
      await overSsh(target, command, applicationText(world, host, tag), () => undefined);
      return { confirmed: seconds(), returned: seconds(), phases: {} };
    },
  };
}

const directory = "/srv/plain";
const port = 8443;

async function startIngress({ host, images, sandbox }: RolloutWorld): Promise<void> {
  const { certificate, privateKey } = sandbox.seed.origin;
  const { registry } = sandbox.seed;
  await host.shell(`docker login --username ${registry.user} --password-stdin ${registry.host}`, registry.password);
  await host.shell(
    `mkdir -p ${directory}/ingress/dynamic ${directory}/config && docker network inspect plain >/dev/null 2>&1 || docker network create plain`,
  );
  await host.shell(`cat > ${directory}/ingress/dynamic/origin.crt`, certificate);
  await host.shell(`cat > ${directory}/ingress/dynamic/origin.key`, privateKey);
  await host.shell(
    `cat > ${directory}/ingress/dynamic/tls.yml`,
    stringify({ tls: { certificates: [{ certFile: "/dynamic/origin.crt", keyFile: "/dynamic/origin.key" }] } }),
  );
  await host.shell(`cat > ${directory}/config/motd.txt`, "hello\n");
  const ingress = {
    name: "plain-ingress",
    services: {
      traefik: {
        image: images["terrace/traefik:v3"],
        command: [
          "--providers.docker=true",
          "--providers.docker.exposedByDefault=false",
          "--providers.docker.network=plain",
          "--providers.file.directory=/dynamic",
          "--entryPoints.websecure.address=:443",
          "--ping=true",
        ],
        environment: { TRAEFIK_PING: "true" },
        ports: [`${port}:443`],
        networks: ["plain"],
        volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro", "./dynamic:/dynamic:ro"],
      },
    },
    networks: { plain: { external: true } },
  };
  await host.shell(
    `cat > ${directory}/ingress/compose.yaml && cd ${directory}/ingress && docker compose --progress quiet up -d --wait`,
    stringify(ingress),
  );
}

interface ComposeFile {
  readonly services: Record<string, Record<string, unknown>>;
}

/** The shop's own file, with what the platform adds for ours written by hand: digests, passwords, and labels in place of routes. */
function applicationText({ images }: RolloutWorld, host: string, tag: string): string {
  const { services, ...rest } = parse(composeText({ images })) as ComposeFile;
  const pinned = (name: string): string => images[name] ?? never();
  const secret = { REDIS_PASSWORD: "redis-password-of-the-shop", CANARY: "none", TOKEN: "none" };
  for (const [name, service] of Object.entries(services)) {
    delete service["x-terrace"];
    service["restart"] = name === "job" ? "no" : "unless-stopped";
    service["image"] = name === "redis" ? pinned("truealpha/redis:8") : pinned(`truealpha/api:${name === "job" ? "v1" : tag}`);
    service["environment"] = { ...(service["environment"] as object | undefined), ...secret, TERRACE_RELEASE: tag };
  }
  const api = services["api"] ?? never();
  api["networks"] = ["default", "plain"];
  api["labels"] = {
    "traefik.enable": "true",
    "traefik.http.routers.plain.rule": `Host(\`${host}\`)`,
    "traefik.http.routers.plain.entryPoints": "websecure",
    "traefik.http.routers.plain.tls": "true",
    "traefik.http.services.plain.loadBalancer.server.port": "8080",
  };
  const volumes = { queue: {}, uploads: {} };
  return stringify({ ...rest, name: "plain", services, volumes, networks: { plain: { external: true } } });
}

function never(): never {
  throw new Error("unreachable: the world has pushed every image that the shop names");
}
