import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { TLSSocket } from "node:tls";
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
