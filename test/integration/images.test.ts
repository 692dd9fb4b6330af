import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { get, request, Agent, type IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Container } from "../sandbox/images/container.ts";
import { password, redisCommand, Stack, until } from "../sandbox/images/stack.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** These run the images' own file systems, entry points and health checks in namespaces; with Docker they are seen in the other tests. */
describe("images of the demo: the application", () => {
  let stack: Stack;
  let redis: Container;
  let api: Container;
  before(async () => {
    stack = await Stack.open([
      "truealpha/postgres",
      "truealpha/redis",
      ...["v1", "exits", "never-healthy"].map((tag) => `truealpha/worker:${tag}`),
      ...["v1", "v2", "exits", "never-healthy", "smoke-fails"].map((tag) => `truealpha/api:${tag}`),
      "truealpha/flower",
    ]);
  });
  before(async () => {
    redis = await stack.startRedis();
    const postgres = await stack.startPostgres({ POSTGRES_PASSWORD: password });
    await Promise.all([redis.untilHealthy(), postgres.untilHealthy()]);
    api = await stack.startApi("v1", { TERRACE_RELEASE: "release-7", TRUEALPHA_DEMO: "1", CANARY: password });
    await stack.untilApi(api, "/readyz", 200);
  });
  after(() => stack.close());

  it("answers a query that needs PostgreSQL, Redis and a Celery job", async () => {
    const worker = await stack.startWorker();
    await worker.untilHealthy();
    const { status, body } = await stack.query(
      '{ health release version postgres { version rows } redis { counter } job(word: "grüß \\"dich\\"") { state result final } }',
    );
    assert.equal(status, 200);
    assert.match((body.data?.["postgres"] as { version: string }).version, /^17\./);
    assert.deepEqual(
      { ...body.data, postgres: undefined, redis: undefined },
      {
        health: "healthy",
        release: "release-7",
        version: "v1",
        postgres: undefined,
        redis: undefined,
        job: { state: "SUCCESS", result: 'GRÜSS "DICH"', final: true },
      },
    );
    const added = await stack.query('mutation { note(text: "kept") { text } }');
    assert.deepEqual(added.body.data, { note: { text: "kept" } });
    const read = await stack.query("{ postgres { rows } notes(last: 1) { text } }");
    assert.deepEqual(read.body.data, { postgres: { rows: 1 }, notes: [{ text: "kept" }] });
    await worker.signal("SIGTERM");
    assert.equal(await worker.exited, 0);
  });

  it("takes queries by GET, and mutations by POST only", async () => {
    const read = await stack.fetch(
      `/graphql?query=${encodeURIComponent("query ($n: Int!) { notes(last: $n) { text } }")}&variables={"n":1}`,
    );
    assert.deepEqual([read.status, await read.json()], [200, { data: { notes: [{ text: "kept" }] } }]);
    const written = await stack.fetch(`/graphql?query=${encodeURIComponent('mutation { note(text: "x") { id } }')}`);
    assert.deepEqual([written.status, written.headers.get("allow")], [405, "POST"]);
    await written.body?.cancel();
    assert.equal((await stack.query("{ nothing }")).status, 400);
    assert.equal((await stack.query("{")).status, 400);
  });

  it("puts the same message on the queue as Celery itself", async () => {
    const publish = "import tasks; tasks.shout.apply_async(kwargs={'word': 'x', 'seconds': 0})";
    const publisher = await stack.startBeat("publisher");
    await publisher.untilHealthy();
    assert.equal((await publisher.run(["python3", "-c", "import sys; sys.path.insert(0, '/app'); " + publish])).exitCode, 0);
    await publisher.remove();
    await stack.query('mutation { enqueue(word: "x") }');
    const messages = (await redisCommand(redis, "LRANGE celery 0 -1")).split("\n").map((line) => JSON.parse(line) as Message);
    await redisCommand(redis, "DEL celery");
    const shouts = messages.filter(({ headers }) => headers["task"] === "truealpha.shout");
    assert.equal(shouts.length, 2);
    const [ours, celerys] = shouts.map(comparable);
    assert.deepEqual(ours, celerys);
  });

  it("loses no job and does none twice when a worker is replaced", async () => {
    const before = (await stack.query("{ runs { total distinct } }")).body.data?.["runs"] as { total: number; distinct: number };
    const first = await stack.startWorker("first");
    await first.untilHealthy();
    const ids: string[] = [];
    for (let number = 0; number < 8; number += 1) {
      const answer = await stack.query(`mutation { enqueue(word: "job-${number}", seconds: 0.4) }`);
      ids.push(String(answer.body.data?.["enqueue"]));
    }
    await until(async () => ((await stack.query("{ runs { total } }")).body.data?.["runs"] as { total: number }).total >= before.total + 2);
    await first.signal("SIGTERM");
    assert.equal(await first.exited, 0);
    const left = (await stack.query("{ redis { queued } }")).body.data?.["redis"] as { queued: number };
    assert.ok(left.queued > 0, "the old worker must leave jobs to the new one, or this shows nothing");

    const second = await stack.startWorker("second");
    for (const [number, id] of ids.entries()) {
      await until(async () => {
        const { result } = (await stack.query(`{ result(id: "${id}") { result final } }`)).body.data as {
          result: { result: string; final: boolean };
        };
        return result.final && result.result === `JOB-${number}`;
      });
    }
    const { runs } = (await stack.query("{ runs { total distinct } }")).body.data as { runs: { total: number; distinct: number } };
    assert.deepEqual(runs, { total: before.total + 8, distinct: before.distinct + 8 });
    await second.remove();
  });

  it("shows by beat's signs of life that there was never a second beat", async () => {
    await redisCommand(redis, "DEL truealpha:beat:ticks");
    const ticksOf = async (host: string): Promise<number> => (await beatHosts()).filter((name) => name === host).length;
    const one = await stack.startBeat("beat-one");
    await until(async () => (await ticksOf("beat-one")) >= 2);
    assert.equal(await one.healthy(), true);
    await one.signal("SIGTERM");
    assert.equal(await one.exited, 0);
    const two = await stack.startBeat("beat-two");
    await until(async () => (await ticksOf("beat-two")) >= 2);
    const hosts = await beatHosts();
    assert.deepEqual(hosts, [...hosts].sort());
    await two.remove();
  });

  it("keeps files under names that stay in their folder", async () => {
    const content = "x".repeat(100_000);
    const put = await stack.fetch("/upload?name=report.txt", { method: "PUT", body: content });
    assert.deepEqual([put.status, await put.json()], [201, { name: "report.txt", bytes: 100_000, sha256: sha256(content) }]);
    assert.equal(await (await stack.fetch("/files/report.txt")).text(), content);
    assert.equal(await readFile(join(await stack.volume("uploads"), "report.txt"), "utf8"), content);
    for (const name of ["..%2Fescaped", ".hidden", "", "a%2Fb"]) {
      const refused = await stack.fetch(`/upload?name=${name}`, { method: "POST", body: "x" });
      assert.equal(refused.status, 400, name);
      await refused.body?.cancel();
    }
    assert.equal((await stack.fetch("/files/absent")).status, 404);
  });

  it("tells fingerprints of secrets, never secrets", async () => {
    const answer = await (await stack.fetch("/secret-digest?name=CANARY")).json();
    assert.deepEqual(answer, { name: "CANARY", source: "environment", bytes: Buffer.byteLength(password), sha256: sha256(password) });
    assert.equal((await stack.fetch("/secret-digest?name=ABSENT")).status, 404);
  });

  it("says which release and which build answers", async () => {
    const answer = await stack.fetch("/__release");
    assert.deepEqual([answer.headers.get("terrace-release"), answer.headers.get("cache-control")], ["release-7", "no-store"]);
    assert.deepEqual(await answer.json(), { release: "release-7", version: "v1", host: "container" });
  });

  it("leaves nobody without an answer when it stops", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await status("/healthz", agent);
    const slow = stack.fetch("/slow?seconds=2");
    const events = await stream("/events");
    const socket = new WebSocket(`ws://127.0.0.1:${stack.ports.api}/ws`);
    const hello = await new Promise<unknown>((resolve) =>
      socket.addEventListener("message", (event) => resolve(event.data), { once: true }),
    );
    assert.equal(hello, '{"version":"v1","release":"release-7"}');
    const closed = new Promise<number>((resolve) => socket.addEventListener("close", (event) => resolve(event.code), { once: true }));

    await api.signal("SIGTERM");
    await until(() => api.output.includes('"event":"stopping"'));
    const kept = await status("/healthz", agent);
    assert.deepEqual(kept, { status: 200, connection: "close" });
    assert.equal((await stack.fetch("/readyz")).status, 503);
    assert.equal((await slow).status, 200);
    assert.equal(await closed, 1001);
    assert.match(await events.text, /^event: hello\n.*event: bye\n/s);
    assert.equal(await api.exited, 0);
    assert.doesNotMatch(api.output, /drain time is over/);
    agent.destroy();
  });

  it("reads its secrets from files, and says which password is wrong only by name", async () => {
    const folder = await stack.volume("secrets");
    await writeFile(join(folder, "POSTGRES_PASSWORD"), `${password}\n`);
    await writeFile(join(folder, "FILE_CANARY"), `${password}\n`);
    const fromFile = await stack.start("truealpha/api:v1", {
      environment: {
        ...stack.apiVariables,
        POSTGRES_PASSWORD: "",
        POSTGRES_PASSWORD_FILE: "/mnt/POSTGRES_PASSWORD",
        FILE_CANARY_FILE: "/mnt/FILE_CANARY",
        TRUEALPHA_DEMO: "1",
      },
      volumes: { "/data": await stack.volume("uploads"), "/mnt": folder },
    });
    await stack.untilApi(fromFile, "/readyz", 200);
    const digest = (await (await stack.fetch("/secret-digest?name=FILE_CANARY")).json()) as { source: string; sha256: string };
    assert.deepEqual([digest.source, digest.sha256], ["file", sha256(`${password}\n`)]);
    await fromFile.remove();

    const wrong = await stack.startApi("v1", { POSTGRES_PASSWORD: "wr0ng-secret" });
    await stack.untilApi(wrong, "/healthz", 200);
    const ready = await stack.fetch("/readyz");
    const text = await ready.text();
    assert.equal(ready.status, 503);
    assert.match(text, /"postgres":"error: password authentication failed for user \\"true alpha\\""/);
    assert.match(text, /"redis":"reachable"/);
    assert.equal((await stack.query("{ postgres { rows } }")).status, 503);
    assert.equal((await stack.fetch("/secret-digest?name=POSTGRES_PASSWORD")).status, 404);
    assert.ok(!(text + wrong.output).includes("wr0ng-secret"));
    await wrong.remove();
  });

  it("has one version more, and three broken ones", async () => {
    const next = await stack.startApi("v2");
    await stack.untilApi(next, "/readyz", 200);
    assert.equal(((await (await stack.fetch("/__release")).json()) as { version: string }).version, "v2");
    await next.remove();

    const exits = await stack.startApi("exits");
    assert.equal(await exits.exited, 3);

    const sick = await stack.startApi("never-healthy");
    await stack.untilApi(sick, "/healthz", 503);
    assert.equal((await stack.fetch("/readyz")).status, 200);
    await sick.remove();

    const smokeFails = await stack.startApi("smoke-fails");
    await stack.untilApi(smokeFails, "/healthz", 200);
    assert.deepEqual([(await stack.fetch("/readyz")).status, (await stack.query("{ health }")).status], [500, 500]);
    await smokeFails.remove();

    const workerExits = await stack.start("truealpha/worker:exits", { environment: stack.redisVariables });
    assert.equal(await workerExits.exited, 3);
    const sickWorker = await stack.start("truealpha/worker:never-healthy", { environment: stack.redisVariables });
    await until(() => / ready\.$/m.test(sickWorker.output));
    assert.equal(await sickWorker.healthy(), false);
    await sickWorker.remove();
  });

  it("shows workers where Flower would be, and says that it is not Flower", async () => {
    const worker = await stack.startWorker("shown");
    await worker.untilHealthy();
    const flower = await stack.start("truealpha/flower:stand-in", {
      environment: { ...stack.redisVariables, PORT: String(stack.ports.flower), FLOWER_BASIC_AUTH: "flower:secret12" },
    });
    const url = `http://127.0.0.1:${stack.ports.flower}`;
    await until(async () => (await fetch(`${url}/healthcheck`).catch(() => undefined))?.status === 200);
    const headers = { authorization: `Basic ${Buffer.from("flower:secret12").toString("base64")}` };
    await until(async () => (await fetch(`${url}/`, { headers })).status === 200);
    const page = await (await fetch(`${url}/`, { headers })).text();
    assert.match(page, /This is not Flower/);
    assert.match(page, /<td>celery@shown<\/td><td>v1<\/td>/);
    const refused = await fetch(`${url}/`);
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get("x-stand-in") ?? "", /^This is not Flower/);
    await Promise.all([flower.remove(), worker.remove()]);
  });

  async function beatHosts(): Promise<readonly string[]> {
    const { beat } = (await stack.query("{ beat(last: 100) { host } }")).body.data as { beat: { host: string }[] };
    return beat.map(({ host }) => host);
  }

  /** Opens a stream and hands over, once it is open, the promise of all that comes until its end. */
  function stream(path: string): Promise<{ readonly text: Promise<string> }> {
    return new Promise((opened, reject) => {
      get(`http://127.0.0.1:${stack.ports.api}${path}`, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        opened({ text: new Promise((ended) => response.once("close", () => ended(text))) });
      }).once("error", reject);
    });
  }

  async function status(path: string, agent: Agent): Promise<{ status: number | undefined; connection: string | undefined }> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ host: "127.0.0.1", port: stack.ports.api, path, agent }, resolve).once("error", reject).end();
    });
    response.resume();
    return { status: response.statusCode, connection: response.headers.connection };
  }
});

interface Message {
  readonly headers: Record<string, unknown>;
  readonly properties: Record<string, unknown>;
  readonly body: string;
}

/** A message without what differs from one to the next. */
function comparable(message: Message): unknown {
  const { id, root_id, origin, kwargsrepr, ...headers } = message.headers;
  const { correlation_id, delivery_tag, reply_to, ...properties } = message.properties;
  for (const unique of [id, root_id, origin, kwargsrepr, correlation_id, delivery_tag, reply_to]) assert.equal(typeof unique, "string");
  assert.deepEqual([root_id, correlation_id], [id, id]);
  return { ...message, headers, properties, body: JSON.parse(Buffer.from(message.body, "base64").toString("utf8")) as unknown };
}
