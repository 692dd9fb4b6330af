import assert from "node:assert/strict";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { host, Rig } from "./rig.ts";

describe("edge: kept-alive connections to the origin", () => {
  let rig: Rig;
  let requests: string[];
  let connections: number;
  /** Each connection answers one request; the next one on it meets a closed door, as when an origin's idle time-out runs out just then. */
  const once1: RequestListener = (request, response) => {
    requests.push(request.method ?? "");
    const socket = request.socket as Socket & { used?: boolean };
    if (socket.used === true) {
      socket.destroy();
      return;
    }
    socket.used = true;
    connections += 1;
    request.resume().on("end", () => response.end("fresh"));
  };
  beforeEach(async () => {
    requests = [];
    connections = 0;
    rig = await Rig.create(once1);
  });
  afterEach(() => rig.close());

  it("are used again", async () => {
    const used = new Set<unknown>();
    await rig.close();
    rig = await Rig.create((request, response) => {
      used.add(request.socket);
      request.resume().on("end", () => response.end());
    });
    for (const method of ["GET", "POST", "PUT", "GET"]) await rig.get("/", { method, ...(method === "GET" ? {} : { body: "x" }) });
    assert.equal(used.size, 1);
  });

  it("that have lain idle for long carry a GET, but no POST", async () => {
    await rig.close();
    const used = new Set<unknown>();
    rig = await Rig.create(
      (request, response) => {
        used.add(request.socket);
        request.resume().on("end", () => response.end());
      },
      { limits: { freshMilliseconds: 100 } },
    );
    await rig.get("/");
    await delay(150);
    await rig.get("/");
    assert.equal(used.size, 1);
    await delay(150);
    await rig.get("/", { method: "POST", body: "x" });
    assert.equal(used.size, 2);
  });

  it("are not more than the origin can bear: requests wait for one, and are sent whole", async () => {
    await rig.close();
    let open = 0;
    let most = 0;
    // Nothing is answered until as many requests have come as can at a time.
    const full = Promise.withResolvers<undefined>();
    rig = await Rig.create((request, response) => {
      void full.promise.then(() => request.pipe(response));
    });
    rig.origin.plain.on("connection", (socket: Socket) => {
      most = Math.max(most, ++open);
      if (open === 512) setTimeout(() => full.resolve(undefined), 100);
      socket.on("close", () => (open -= 1));
    });
    const heard = await Promise.all(Array.from({ length: 700 }, (_, index) => rig.plain("/", { method: "POST", body: `body ${index}` })));
    assert.deepEqual(
      heard.map(({ status, text }) => `${status} ${text}`),
      heard.map((_, index) => `200 body ${index}`),
    );
    assert.equal(most, 512);
  });

  it("that turn out dead cost a GET nothing but another try", async () => {
    for (let index = 0; index < 5; index += 1) assert.deepEqual((await rig.get("/")).text, "fresh");
    // One try on the dead connection, one on a new one, from the second request on.
    assert.deepEqual([connections, requests.length], [5, 9]);
    const [, second] = await rig.log(5);
    assert.equal(second?.["retries"], 1);
  });

  it("that turn out dead fail a POST: it may have been processed", async () => {
    assert.equal((await rig.get("/")).status, 200);
    assert.equal((await rig.get("/", { method: "POST", body: "x" })).status, 520);
    assert.deepEqual(requests, ["GET", "POST"]);
  });

  it("that end while a POST comes in are not chosen for it", async () => {
    const gate = new SharedArrayBuffer(4);
    const worker = new Worker(new URL("race.worker.ts", import.meta.url), { workerData: { host, gate } });
    const next = async (): Promise<Record<string, unknown>> => ((await once(worker, "message")) as [Record<string, unknown>])[0];
    try {
      const { origin } = (await next()) as { origin: number };
      await rig.close();
      rig = await Rig.create(once1, { limits: { ports: { http: origin, https: origin } } });
      worker.postMessage({ edge: rig.edge.ports[0]?.http });
      assert.deepEqual(await next(), { ready: true });
      const answered = next();
      worker.postMessage("go");
      // This thread, the edge's, stands still until both have happened.
      Atomics.wait(new Int32Array(gate), 0, 0);
      assert.deepEqual(await answered, { status: "HTTP/1.1 200 OK" });
    } finally {
      await worker.terminate();
    }
  });
});
