import assert from "node:assert/strict";
import { host, Rig } from "./rig.ts";

describe("edge: bad days", () => {
  let rig: Rig;
  let served: number;
  beforeEach(async () => {
    served = 0;
    rig = await Rig.create((_request, response) => {
      served += 1;
      response.setHeader("cache-control", "no-store");
      response.end(`answer ${served}`);
    });
  });
  afterEach(() => rig.close());

  it("cache: old pages for a while, whatever the origin says, per path and query, and fresh ones afterwards", async () => {
    await rig.control("cache", { seconds: 60, path: "/page" });
    const first = await rig.get("/page?a");
    const second = await rig.get("/page?a");
    assert.deepEqual(
      [first.text, first.headers["cf-cache-status"], second.text, second.headers["cf-cache-status"]],
      ["answer 1", "MISS", "answer 1", "HIT"],
    );
    assert.notEqual(first.headers["cf-ray"], second.headers["cf-ray"]);
    assert.equal((await rig.get("/page?b")).text, "answer 2");
    assert.equal((await rig.get("/page?a", { method: "POST" })).text, "answer 3");
    assert.equal((await rig.get("/other")).headers["cf-cache-status"], "DYNAMIC");
    await rig.control("restore");
    assert.equal((await rig.get("/page?a")).text, "answer 5");
    await rig.control("cache");
    assert.equal((await rig.get("/page?a")).text, "answer 6");
  });

  it("challenge: a page in place of the answer, for one host if told so", async () => {
    await rig.control("challenge", { host });
    const heard = await rig.get("/");
    assert.deepEqual([heard.status, heard.headers["cf-mitigated"], served], [403, "challenge", 0]);
    await rig.control("challenge", { host: "other.truealpha.test" });
    assert.equal((await rig.get("/")).status, 200);
  });

  it("rate limit: 429 with Retry-After once the window is full", async () => {
    await rig.control("rateLimit", { requests: 2, windowSeconds: 30 });
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await rig.get("/")).status);
    assert.deepEqual([statuses, served], [[200, 200, 429, 429], 2]);
    assert.match((await rig.get("/")).headers["retry-after"] ?? "", /^(2\d|30)$/);
  });

  it("outage, lost connections, slowness", async () => {
    await rig.control("outage", { status: 502 });
    assert.deepEqual([(await rig.get("/")).status, (await rig.plain("/")).status], [502, 502]);
    await rig.control("restore");
    await rig.control("drop");
    await assert.rejects(rig.get("/"), /socket hang up|ECONNRESET/);
    await rig.control("restore");
    await rig.control("slow", { milliseconds: 120 });
    const started = performance.now();
    assert.equal((await rig.get("/")).status, 200);
    assert.ok(performance.now() - started >= 119);
    assert.equal(served, 1);
  });

  it("refuses arguments it does not know", async () => {
    await assert.rejects(async () => rig.control("outage", { code: 500 }), /Unrecognized key/);
    await assert.rejects(async () => rig.control("rateLimit", {}), /requests/);
  });
});
