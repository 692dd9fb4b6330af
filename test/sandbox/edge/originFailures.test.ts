import assert from "node:assert/strict";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { Agent } from "node:https";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Worker } from "node:worker_threads";
import type { OriginLimits } from "../../../sandbox/edge/index.ts";
import { host, papers, Rig } from "./rig.ts";

const ok: RequestListener = (request, response) => response.end(request.socket instanceof TLSSocket ? "https" : "http");

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
