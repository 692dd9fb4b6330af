import assert from "node:assert/strict";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { Agent } from "node:https";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { Worker } from "node:worker_threads";
import type { OriginLimits } from "../../../sandbox/edge/index.ts";
import { host, papers, Rig } from "./rig.ts";

const ok: RequestListener = (request, response) => response.end(request.socket instanceof TLSSocket ? "https" : "http");

describe("edge: TLS towards the origin", () => {
  let rig: Rig;
  afterEach(() => rig.close());

  it("verifies the origin's certificate when ssl is strict, and only then", async () => {
    const { stranger } = await papers();
    rig = await Rig.create(ok, { pair: await stranger.issue([host]) });
    assert.deepEqual([(await rig.get("/")).text, (await rig.plain("/")).text], ["https", "http"]);
    await rig.world.setting("ssl", "strict");
    const refused = await rig.get("/");
    assert.equal(refused.status, 526);
    assert.match(refused.text, /error code: 526/);
    await rig.world.setting("ssl", "flexible");
    assert.equal((await rig.get("/")).text, "http");
    await rig.world.setting("ssl", "off");
    const off = await rig.get("/x");
    assert.deepEqual([off.status, off.headers.location], [301, `http://${host}/x`]);
  });

  const bad: readonly (readonly [what: string, names: readonly string[], expired: boolean, status: number])[] = [
    ["of the origin authority for the name", [host], false, 200],
    ["for another name", ["truealpha.test", "other.truealpha.test"], false, 526],
    ["that has expired", [host], true, 526],
  ];
  for (const [what, names, expired, status] of bad) {
    it(`strict: a certificate ${what} gives ${status}`, async () => {
      const { authority } = await papers();
      rig = await Rig.create(ok, { pair: await authority.issue(names, { expired }) });
      await rig.world.setting("ssl", "strict");
      assert.equal((await rig.get("/")).status, status);
    });
  }

  it("does not lend an unverified kept-alive connection to a request that wants verification", async () => {
    const { stranger } = await papers();
    rig = await Rig.create(ok, { pair: await stranger.issue([host]) });
    assert.equal((await rig.get("/")).status, 200);
    await rig.world.setting("ssl", "strict");
    assert.equal((await rig.get("/")).status, 526);
    await rig.world.setting("ssl", "full");
    assert.equal((await rig.get("/")).status, 200);
  });

  it("shows its client certificate with authenticated origin pulls, by either switch, and no certificate without", async () => {
    const { authority } = await papers();
    const subject: RequestListener = ({ socket }, response) =>
      response.end(socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : "");
    rig = await Rig.create(subject, { tls: { requestCert: true, rejectUnauthorized: true, ca: authority.certificate } });
    assert.equal((await rig.get("/")).status, 525);
    await rig.world.zones.change("0123456789abcdef0123456789abcdef", { originPulls: true });
    assert.deepEqual([(await rig.get("/")).status, (await rig.get("/")).text], [200, "edge"]);
    await rig.world.zones.change("0123456789abcdef0123456789abcdef", { originPulls: false });
    assert.equal((await rig.get("/")).status, 525);
    await rig.world.setting("tls_client_auth", "on");
    assert.equal((await rig.get("/")).status, 200);
  });

  it("comes from the addresses that are announced as its own", async () => {
    const from: RequestListener = (request, response) => response.end(request.socket.remoteAddress);
    rig = await Rig.create(from, { source: { ipv4: "127.0.0.9", ipv6: "::1" } });
    assert.equal((await rig.get("/")).text, "127.0.0.9");
  });

  it("sends the host name as SNI", async () => {
    const asked: string[] = [];
    rig = await Rig.create(ok, {
      tls: {
        SNICallback: (name, done) => {
          asked.push(name);
          done(null);
        },
      },
    });
    assert.equal((await rig.get("/")).status, 200);
    assert.deepEqual(asked, [host]);
  });
});

/** A TCP server that does with each connection what it likes. */
async function listener(onConnection: (socket: Socket) => void): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    onConnection(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

describe("edge: origins that fail", () => {
  let rig: Rig;
  const others: Server[] = [];
  afterEach(async () => {
    for (const server of others.splice(0)) server.close();
    await rig.close();
  });
  const against = async (onConnection: (socket: Socket) => void, limits: Partial<OriginLimits> = {}): Promise<void> => {
    const { server, port } = await listener(onConnection);
    others.push(server);
    rig = await Rig.create(ok, { limits: { ports: { http: port, https: port }, ...limits } });
  };

  it("521: nobody listens", async () => {
    rig = await Rig.create(ok);
    await rig.origin.close();
    const heard = await rig.get("/");
    assert.equal(heard.status, 521);
    assert.match(heard.text, /Web server is down\nECONNREFUSED\nRay ID: [0-9a-f]{16}-TRC/);
    assert.equal((await rig.get("/", { method: "POST", body: "x".repeat(100_000) })).status, 521);
  });

  it("522: the handshake does not come to an end", async () => {
    await against(() => undefined, { answerMilliseconds: 200 });
    assert.match((await rig.get("/")).text, /error code: 522\n.*\nTERRACE_SECURE_TIMEOUT/);
  });

  it("522: not even TCP connects", async () => {
    const worker = new Worker(new URL("deaf.worker.ts", import.meta.url), { workerData: new SharedArrayBuffer(4) });
    const [port] = (await once(worker, "message")) as [number];
    const queue = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
    try {
      rig = await Rig.create(ok, { limits: { ports: { http: port, https: port }, connectMilliseconds: 300 } });
      assert.match((await rig.get("/")).text, /error code: 522\n.*\nTERRACE_CONNECT_TIMEOUT/);
    } finally {
      for (const socket of queue) socket.destroy();
      await worker.terminate();
    }
  });

  it("525: the port does not speak TLS, or hangs up in the middle of it", async () => {
    await against((socket) => socket.end("220 mail\r\n"));
    assert.equal((await rig.get("/")).status, 525);
    await rig.close();
    await against((socket) => socket.once("data", () => socket.destroy()));
    assert.equal((await rig.get("/")).status, 525);
  });

  it("524: connected, but no answer", async () => {
    await against(() => undefined, { answerMilliseconds: 200 });
    const heard = await rig.plain("/", { method: "POST", body: "x" });
    assert.equal(heard.status, 524);
  });

  it("520: hangs up instead of answering, or answers nonsense", async () => {
    await against((socket) => socket.once("data", () => socket.destroy()));
    assert.equal((await rig.plain("/")).status, 520);
    await rig.close();
    await against((socket) => socket.once("data", () => socket.end("what?\r\n\r\n")));
    assert.equal((await rig.plain("/")).status, 520);
  });

  it("530 and 1016: the record leads nowhere; 409 and 1001: no record, or not proxied, or no zone", async () => {
    rig = await Rig.create(ok);
    await rig.world.records(
      { name: host, type: "CNAME", content: "nobody.terrace.test", proxied: true },
      { name: "raw", type: "A", content: "127.0.0.1" },
    );
    const nowhere = await rig.get("/");
    assert.deepEqual([nowhere.status, /error code: 1016/.test(nowhere.text)], [530, true]);
    for (const name of ["raw.truealpha.test", "none.truealpha.test", "example.com"]) {
      const heard = await rig.plain("/", { host: name });
      assert.deepEqual([heard.status, /error code: 1001/.test(heard.text)], [409, true]);
    }
    const itself = await rig.plain("/", { host: "edge.terrace.test" });
    assert.match(itself.text, /This is the edge of the Terrace sandbox: an emulator/);
  });

  it("goes on to the next address while no connection comes about, body and all", async () => {
    rig = await Rig.create((request, response) => request.pipe(response));
    // 127.0.0.2 refuses: the origin listens on 127.0.0.1 only.
    await rig.point("127.0.0.2", "127.0.0.1");
    const heard = await rig.get("/", { method: "POST", body: "whole body" });
    assert.deepEqual([heard.status, heard.text], [200, "whole body"]);
    const [line] = await rig.log(1);
    assert.deepEqual([line?.["origin"], line?.["retries"]], ["127.0.0.1", 1]);
  });

  it("takes an upload to its end even when nobody wants it, and the connection for the next request", async () => {
    rig = await Rig.create(ok);
    const { authority } = await papers();
    await rig.origin.close();
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.certificate, servername: host });
    for (let round = 0; round < 3; round += 1) {
      assert.equal((await rig.get("/", { method: "POST", body: "x".repeat(3_000_000), agent })).status, 521);
    }
    assert.equal(Object.values(agent.freeSockets).flat().length, 1);
    agent.destroy();
  });
});

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
