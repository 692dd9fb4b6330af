import assert from "node:assert/strict";
import { execa } from "execa";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publishImages, type RegistryOwner } from "../../sandbox/images/publish.ts";
import { cacheDirectory, checkoutDirectory } from "../../sandbox/shared/paths.ts";
import { temporaryFolder, type Container } from "../sandbox/images/container.ts";
import { readImageDigests } from "../../src/settings/imageDigests.ts";
import { credentials, startLoopbackRegistry } from "../sandbox/images/loopbackRegistry.ts";
import { password, redisCommand, Stack, until } from "../sandbox/images/stack.ts";

describe("images of the demo: what it stands on", () => {
  let stack: Stack;
  before(async () => {
    stack = await Stack.open(["truealpha/postgres", "truealpha/redis", "truealpha/neo4j", "terrace/traefik"]);
  });
  after(() => stack.close());

  describe("PostgreSQL", () => {
    it("makes its cluster, keeps it over a restart and takes on a rotated password", async () => {
      const first = await stack.startPostgres();
      await first.untilHealthy();
      assert.match(first.output, /^entrypoint: made a cluster for user true alpha and database the "db"$/m);
      assert.deepEqual(await sql(first, password, "CREATE TABLE kept (n int); SELECT 1"), [0, "CREATE TABLE\n1"]);
      await first.signal("SIGINT");
      assert.equal(await first.exited, 0);

      const rotated = `${password}'; next`;
      const second = await stack.startPostgres({ POSTGRES_PASSWORD: rotated });
      await second.untilHealthy();
      assert.doesNotMatch(second.output, /made a cluster/);
      assert.ok(!second.output.includes(rotated));
      assert.deepEqual(await sql(second, rotated, "SELECT count(*) FROM kept"), [0, "0"]);
      const [exitCode, said] = await sql(second, password, "SELECT 1");
      assert.equal(exitCode, 2);
      assert.match(said, /password authentication failed/);
      await second.remove();
    });

    it("starts over after it was killed while it made the cluster", async () => {
      const folder = await stack.volume("postgres-half");
      const killed = await stack.startPostgres(undefined, "postgres-half");
      await until(() => killed.output.includes("running bootstrap script"));
      await killed.remove();
      await assert.rejects(readFile(join(folder, "pgdata", "PG_VERSION")), { code: "ENOENT" });
      const again = await stack.startPostgres(undefined, "postgres-half");
      await again.untilHealthy();
      assert.deepEqual(await sql(again, password, "SELECT 1"), [0, "1"]);
      await again.remove();
    });

    it("lets no second server at its volume", async () => {
      const first = await stack.startPostgres();
      await first.untilHealthy();
      const second = await stack.startPostgres({ POSTGRES_PASSWORD: password, POSTGRES_LOCK_SECONDS: "1" });
      await until(() => second.output.includes("another PostgreSQL runs on this volume"));
      assert.equal(await second.exited, 75);
      assert.deepEqual(await sql(first, password, "SELECT 1"), [0, "1"]);
      await first.remove();
    });

    it("does not start without a password", async () => {
      const container = await stack.startPostgres({});
      assert.equal(await container.exited, 78);
      assert.equal(container.output, "POSTGRES_PASSWORD: missing; set it, or POSTGRES_PASSWORD_FILE to a file that holds it\n");
    });
  });

  describe("Redis", () => {
    // Redis paints over its own arguments once it runs; until then everyone who lists processes would see them.
    it("gets its password through standard input, not as an argument", async () => {
      const folder = await stack.volume("fake-redis");
      await writeFile(join(folder, "redis-server"), '#!/bin/sh\necho "arguments: $*"\ncat\n', { mode: 0o755 });
      const container = await stack.start("truealpha/redis:8", {
        environment: { REDIS_PASSWORD: password, PATH: "/mnt:/usr/bin:/bin" },
        volumes: { "/mnt": folder },
      });
      assert.equal(await container.exited, 0);
      assert.match(container.output, /^arguments: -$/m);
      const bytes = [...Buffer.from(password)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
      assert.ok(container.output.includes(`requirepass "${bytes}"\n`), container.output);
    });

    it("asks for its password, and keeps its data over a restart", async () => {
      const first = await stack.startRedis();
      await first.untilHealthy();
      assert.equal(await redisCommand(first, "SET kept yes"), "OK");
      const refused = await first.run(["redis-cli", "-p", String(stack.ports.redis), "GET", "kept"]);
      assert.match(refused.output, /NOAUTH/);
      await first.signal("SIGTERM");
      assert.equal(await first.exited, 0);

      const second = await stack.startRedis();
      await second.untilHealthy();
      assert.equal(await redisCommand(second, "GET kept"), "yes");
      await second.remove();
    });
  });

  it("has a stand-in for Neo4j that counts its starts and refuses queries", async () => {
    const start = async (): Promise<Container> =>
      stack.start("truealpha/neo4j:stand-in", {
        environment: { PORT: String(stack.ports.neo4j), NEO4J_AUTH: "neo4j/secret12" },
        volumes: { "/data": await stack.volume("neo4j") },
      });
    const url = `http://127.0.0.1:${stack.ports.neo4j}`;
    for (const count of [1, 2]) {
      const container = await start();
      await until(async () => (await fetch(`${url}/`).catch(() => undefined))?.status === 200);
      const discovery = (await (await fetch(`${url}/`)).json()) as { stand_in: string; starts_on_this_volume: number };
      assert.match(discovery.stand_in, /^This is not Neo4j/);
      assert.equal(discovery.starts_on_this_volume, count);
      const authorization = `Basic ${Buffer.from("neo4j:secret12").toString("base64")}`;
      const refused = await fetch(`${url}/db/neo4j/tx/commit`, { method: "POST", headers: { authorization }, body: "{}" });
      assert.deepEqual([refused.status, (await fetch(`${url}/db/neo4j/tx/commit`, { method: "POST" })).status], [501, 401]);
      await container.signal("SIGTERM");
      assert.equal(await container.exited, 0);
    }
  });

  it("has Traefik alone in its image, with a health check that follows its configuration", async () => {
    const folder = await stack.volume("traefik");
    const start = async (ping: string): Promise<Container> => {
      const entryPoints = `{ traefik: { address: "127.0.0.1:${stack.ports.flower}" } }`;
      await writeFile(join(folder, "traefik.yml"), `entryPoints: ${entryPoints}\nlog: { level: INFO }\n${ping}\n`);
      const traefik = await stack.start("terrace/traefik:v3", { volumes: { "/etc/traefik": folder } });
      await until(() => /Traefik version 3\.[0-9.]+ built/.test(traefik.output));
      return traefik;
    };
    const silent = await start("");
    assert.equal(await silent.healthy(), false);
    assert.notEqual((await silent.run(["/bin/sh", "-c", "true"])).exitCode, 0);
    await silent.remove();
    const traefik = await start("ping: {}");
    await traefik.untilHealthy();
    await traefik.signal("SIGTERM");
    assert.equal(await traefik.exited, 0);
  });

  it("publishes everything, and writes image-digests.json only when an image is another one", async () => {
    const folder = await temporaryFolder();
    const registry = await startLoopbackRegistry(join(folder.path, "slot"), 3);
    try {
      const file = join(folder.path, "image-digests.json");
      const owner = { slot: registry.slot, seed: { registry: { host: "registry.terrace.test", ...credentials } } } as RegistryOwner;
      const pushed = await publishImages(owner, file);
      assert.ok(pushed.some(({ repository, tag }) => repository === "truealpha/api" && tag === "smoke-fails"));
      const read = readImageDigests(file);
      assert.ok(read.kind === "read");
      const { builds } = read;
      assert.deepEqual(Object.keys(builds["truealpha"]?.images ?? {}).sort(), [
        "api",
        "beat",
        "flower",
        "neo4j",
        "postgres",
        "redis",
        "worker",
      ]);
      assert.match(builds["platform"]?.images["ingress"] ?? "", /^registry\.terrace\.test\/terrace\/traefik:v3@sha256:/);
      assert.match(builds["truealpha"]?.images["api"] ?? "", /^registry\.terrace\.test\/truealpha\/api:v1@sha256:/);

      const first = await readFile(file, "utf8");
      const again = await publishImages(owner, file);
      assert.equal(await readFile(file, "utf8"), first);
      assert.ok(again.every(({ uploaded }) => !uploaded));

      await publishImages(owner, file, { tags: { "truealpha/api": "v9" } });
      const changed = readImageDigests(file);
      assert.ok(changed.kind === "read");
      assert.match(changed.builds["truealpha"]?.images["api"] ?? "", /\/api:v9@sha256:/);
      assert.deepEqual({ ...changed.builds["truealpha"]?.images, api: "" }, { ...builds["truealpha"]?.images, api: "" });
      assert.deepEqual(changed.builds["platform"], builds["platform"]);
    } finally {
      await registry.close();
      await folder.remove();
    }
  });

  it("repeats to the byte: two builds from nothing have the same digests", async () => {
    const folder = await temporaryFolder();
    try {
      const digests: string[] = [];
      for (const [name, umask] of [
        ["one", "022"],
        ["two", "077"],
      ] as const) {
        const cache = await folder.make(name);
        // Downloads and the compiled tool are not what is repeated here.
        for (const shared of ["apt", "imagetool"]) await symlink(join(cacheDirectory, shared), join(cache, shared));
        const cli = join(checkoutDirectory, "sandbox", "images", "cli.ts");
        const command = `umask ${umask} && exec "$0" "$1" build truealpha/postgres`;
        const { stdout } = await execa("sh", ["-c", command, process.execPath, cli], { env: { TERRACE_CACHE: cache } });
        digests.push(stdout);
      }
      assert.equal(digests[0]?.match(/sha256:[0-9a-f]{64}/g)?.length, 1);
      assert.equal(digests[0], digests[1]);
    } finally {
      await folder.remove();
    }
  });

  async function sql(container: Container, secret: string, statement: string): Promise<readonly [number | undefined, string]> {
    const { exitCode, output } = await container.run([
      "/usr/bin/env",
      `PGPASSWORD=${secret}`,
      "/usr/lib/postgresql/17/bin/psql",
      ...["-h", "127.0.0.1", "-U", "true alpha", "-d", 'the "db"', "-At", "-c", statement],
    ]);
    return [exitCode, output];
  }
});
