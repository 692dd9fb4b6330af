import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { startLoad } from "../../bench/load/load.ts";
import { openLoop, type LoadOptions } from "../../bench/load/openLoop.ts";
import { summarize } from "../../bench/load/summary.ts";
import { selfSigned } from "./selfSigned.ts";

describe("open-loop load", () => {
  let server: Server;
  let sockets = 0;
  let handle: (path: string | undefined) => "answer" | "fail" | "hang" | "reset" = () => "answer";
  let options: LoadOptions;

  before(async () => {
    const keyed = await selfSigned("load.test");
    server = createServer({ key: keyed.privateKey, cert: keyed.certificate }, (request, response) => {
      const what = handle(request.url);
      if (what === "reset") request.socket.destroy();
      else if (what !== "hang") response.writeHead(what === "answer" ? 200 : 503, { "terrace-release": "r1" }).end("ok");
    });
    server.on("connection", () => (sockets += 1));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const classes = [
      { name: "new", method: "GET", keepAlive: false, path: "/new" },
      { name: "kept", method: "POST", keepAlive: true, path: "/kept", body: "{}" },
    ] as const;
    options = {
      address: "127.0.0.1",
      port,
      host: "load.test",
      authority: keyed.certificate,
      ratePerSecond: 200,
      maximumRequests: 100,
      timeoutMilliseconds: 10_000,
      classes,
    };
  });
  after(() => void server.close());
  beforeEach(() => {
    sockets = 0;
    handle = () => "answer";
  });

  it("sends what it was told to, each class on its own kind of connection", async () => {
    const { all, classes } = summarize(await openLoop(options, new AbortController().signal));
    assert.equal(all.requests, 100);
    assert.equal(all.failed, 0);
    assert.deepEqual(all.releases, ["r1"]);
    assert.equal(classes["new"]?.requests, 50);
    assert.ok(sockets >= 51 && sockets < 100, `${sockets} connections for 50 new and 50 kept requests`);
  });

  it("counts every way to fail, by class and kind", async () => {
    handle = (path) => (path === "/new" ? "fail" : "reset");
    const { classes } = summarize(await openLoop({ ...options, maximumRequests: 20 }, new AbortController().signal));
    assert.deepEqual(classes["new"]?.failures, { "status 503": 10 });
    assert.deepEqual(classes["kept"]?.failures, { ECONNRESET: 10 });
  });

  it("keeps its rate while the server hangs: a stall must not hide requests", async () => {
    handle = () => "hang";
    const { all } = summarize(await openLoop({ ...options, maximumRequests: 60, timeoutMilliseconds: 500 }, new AbortController().signal));
    assert.deepEqual(all.failures, { "no answer in 500 ms": 60 });
  });

  it("runs as a process of its own until it is told to stop", async () => {
    const load = await startLoad({ ...options, maximumRequests: 10_000 });
    await new Promise<void>((reached) => {
      let seen = 0;
      handle = () => {
        seen += 1;
        if (seen === 30) reached();
        return "answer";
      };
    });
    const { all } = summarize(await load.stop());
    assert.ok(all.requests >= 30 && all.requests < 10_000, `${all.requests} requests`);
    assert.equal(all.failed, 0);
  });

  it("refuses a server whose certificate it was not told of", async () => {
    const other = await selfSigned("load.test");
    const { all } = summarize(
      await openLoop({ ...options, authority: other.certificate, maximumRequests: 2 }, new AbortController().signal),
    );
    assert.equal(all.failed, 2);
  });
});
