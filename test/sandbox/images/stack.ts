import { chmod } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { buildImages } from "../../../sandbox/images/build.ts";
import { beatCommand } from "../../../sandbox/images/recipes/worker.ts";
import { Container, temporaryFolder, unpackImage, type ContainerOptions, type UnpackedImage } from "./container.ts";

/** A password with every sign that a shell, a URL, SQL or a configuration file could trip over. */
export const password = "p'a\"s$s\\w #:/@%é{}\\";

type Environment = Readonly<Record<string, string>>;

/** The demo application's programs from their images, on loopback ports of their own. What is started is ended by `close`. */
export class Stack {
  readonly ports: Readonly<Record<"postgres" | "redis" | "api" | "flower" | "neo4j", number>>;
  readonly #images: ReadonlyMap<string, UnpackedImage>;
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>;
  readonly #containers: Container[] = [];

  private constructor(
    folder: Awaited<ReturnType<typeof temporaryFolder>>,
    images: ReadonlyMap<string, UnpackedImage>,
    ports: Stack["ports"],
  ) {
    this.#folder = folder;
    this.#images = images;
    this.ports = ports;
  }

  /** Builds and unpacks images, named as `truealpha/api:v1`. */
  static async open(names: readonly string[]): Promise<Stack> {
    const folder = await temporaryFolder();
    // The programs' users must get through it.
    await chmod(folder.path, 0o755);
    const images = new Map<string, UnpackedImage>();
    for (const image of await buildImages(names)) {
      const name = `${image.repository}:${image.tag}`;
      images.set(name, await unpackImage(image.layout, join(folder.path, "images", name.replaceAll("/", "-"))));
    }
    const [postgres, redis, api, flower, neo4j] = await freePorts(5);
    return new Stack(folder, images, { postgres, redis, api, flower, neo4j } as Stack["ports"]);
  }

  /** A folder that stays over restarts of containers. */
  volume(name: string): Promise<string> {
    return this.#folder.make(join("volumes", name));
  }

  async start(image: string, options: Omit<ContainerOptions, "image"> = {}): Promise<Container> {
    const unpacked = this.#images.get(image);
    if (unpacked === undefined) throw new Error(`${image}: is not among the opened images`);
    const container = await Container.start({ image: unpacked, ...options });
    this.#containers.push(container);
    return container;
  }

  async startPostgres(environment: Environment = { POSTGRES_PASSWORD: password }, volume = "postgres"): Promise<Container> {
    return this.start("truealpha/postgres:17", {
      environment: { POSTGRES_USER: "true alpha", POSTGRES_DB: 'the "db"', PGPORT: String(this.ports.postgres), ...environment },
      volumes: { "/var/lib/postgresql/data": await this.volume(volume) },
      tmpfs: ["/run/postgresql", "/tmp"],
    });
  }

  async startRedis(environment: Environment = { REDIS_PASSWORD: password }): Promise<Container> {
    return this.start("truealpha/redis:8", {
      environment: { REDIS_PORT: String(this.ports.redis), ...environment },
      volumes: { "/data": await this.volume("redis") },
    });
  }

  /** Variables by which programs find Redis. */
  get redisVariables(): Environment {
    return { REDIS_HOST: "127.0.0.1", REDIS_PORT: String(this.ports.redis), REDIS_PASSWORD: password };
  }

  /** Variables by which the API finds everything. */
  get apiVariables(): Environment {
    return {
      ...this.redisVariables,
      PORT: String(this.ports.api),
      POSTGRES_HOST: "127.0.0.1",
      POSTGRES_PORT: String(this.ports.postgres),
      POSTGRES_USER: "true alpha",
      POSTGRES_DB: 'the "db"',
      POSTGRES_PASSWORD: password,
    };
  }

  async startApi(tag = "v1", environment: Environment = {}): Promise<Container> {
    return this.start(`truealpha/api:${tag}`, {
      environment: { ...this.apiVariables, ...environment },
      volumes: { "/data": await this.volume("uploads") },
    });
  }

  startWorker(hostName = "worker", environment: Environment = {}): Promise<Container> {
    return this.start("truealpha/worker:v1", { hostName, environment: { ...this.redisVariables, ...environment } });
  }

  startBeat(hostName: string): Promise<Container> {
    return this.start("truealpha/worker:v1", {
      hostName,
      command: beatCommand,
      environment: { ...this.redisVariables, BEAT_SECONDS: "1" },
    });
  }

  /** Asks the API; the path begins with a slash. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.ports.api}${path}`, init);
  }

  /** Asks GraphQL by POST and returns status and body. */
  async query(
    query: string,
  ): Promise<{ readonly status: number; readonly body: { data?: Record<string, unknown>; errors?: { message: string }[] } }> {
    const response = await this.fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    return { status: response.status, body: (await response.json()) as { data?: Record<string, unknown> } };
  }

  /** Waits until the API answers a path with a status. A program that ends meanwhile ends the wait. */
  async untilApi(container: Container, path: string, status: number): Promise<void> {
    for (;;) {
      container.assertRunning();
      const answer = await this.fetch(path).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.status === status) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    for (const container of this.#containers) await container.remove();
    await this.#folder.remove();
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Runs a command, written as redis-cli takes it, in a container of the Redis image. */
export async function redisCommand(container: Container, command: string): Promise<string> {
  const { output } = await container.run(["bash", "-c", `REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli -p "$REDIS_PORT" ${command}`]);
  return output;
}

/** Asks every 50 ms until the answer is yes; throws after a minute. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited a minute in vain for: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
