import assert from "node:assert/strict";
import { request as httpsRequest } from "node:https";
import type { Report } from "../../contract/index.ts";
import { endRolloutWorld, forgetShop, rolloutWorld, shopName } from "./rollout/world.ts";
import type { RolloutWorld } from "./rollout/world.ts";

describe("the public verdict of a rollout", () => {
  let world: RolloutWorld;
  let version = 1;

  before(async () => {
    world = await rolloutWorld();
    await forgetShop(world);
    await world.sandbox.control("edge", "restore");
    await pointName(world);
  });
  after(async () => {
    await world.sandbox.control("edge", "restore");
    await endRolloutWorld();
  });

  const next = async (): Promise<{ exitCode: number; stderr: string; report: Report }> => {
    version = version === 1 ? 2 : 1;
    const { exitCode, stderr } = await world.rollOut({ api: `v${version}` });
    return { exitCode, stderr, report: await world.report(Number(await world.host.shell("cat /var/lib/terrace/shop-staging/counter"))) };
  };

  it("passes where the public name leads to this server, with a certificate the system trusts", async () => {
    for (const attempt of ["first", "second"]) {
      const { exitCode, stderr, report } = await next();
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(
        report.public,
        { result: "passed", note: `https://${shopName}/__release shows the new release` },
        `${attempt}: ${stderr}`,
      );
    }
  });

  it("is a warning where the edge was down before the switch too", async () => {
    await world.sandbox.control("edge", "outage", { host: shopName });
    const { exitCode, stderr, report } = await next();
    await world.sandbox.control("edge", "restore");
    assert.equal(exitCode, 0, stderr);
    assert.equal(report.public.result, "warning");
    assert.match(report.public.note, /\(before the switch it failed too: .*status 503\)/);
    assert.match(stderr, /^ ! {2}https:\/\/shop\.truealpha\.test\/__release does not show the new release/m);
    assert.match(stderr, /, not confirmed through the public name \(status 503, before the switch too\)\n$/);
  });

  it("does not fall for a page that the edge remembers", async () => {
    await world.sandbox.control("edge", "cache", { host: shopName, seconds: 300 });
    const { exitCode, stderr, report } = await next();
    await world.sandbox.control("edge", "restore");
    assert.equal(exitCode, 0, stderr);
    assert.equal(report.public.result, "passed");
  });

  it("takes the release back where the way was good before and is not after", async () => {
    const before = await world.probedRelease();
    version = version === 1 ? 2 : 1;
    // One request is let through, the one before the switch.
    await world.sandbox.control("edge", "rateLimit", { host: shopName, requests: 1, windowSeconds: 600 });
    const call = await world.rollOut({ api: `v${version}` });
    await world.sandbox.control("edge", "restore");
    assert.equal(call.exitCode, 21, call.stderr);
    assert.match(call.lastLine, /^terrace: rolled_back \(switch_not_confirmed\): https:\/\/shop\.truealpha\.test\/__release does not show/);
    assert.equal(await world.probedRelease(), before);
  });
});

/** A proxied record, as the edge layer would make it. */
async function pointName({ sandbox, host }: RolloutWorld): Promise<void> {
  const { slot, seed } = sandbox;
  const call = (method: string, path: string, body?: unknown): Promise<string> =>
    new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        {
          host: slot.cloudflare.ipv4,
          servername: "cloudflare.terrace.test",
          ca: seed.caCertificate,
          agent: false,
          method,
          path: `/client/v4/zones/${seed.cloudflare.zoneId}${path}`,
          headers: { authorization: `Bearer ${seed.cloudflare.tokens.staging}`, "content-type": "application/json" },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.once("error", reject);
          incoming.once("end", () => {
            const text = Buffer.concat(chunks).toString();
            if (incoming.statusCode === 200) resolve(text);
            else reject(new Error(`${method} ${path}: ${incoming.statusCode ?? 0}: ${text}`));
          });
        },
      );
      outgoing.once("error", reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const listed = JSON.parse(await call("GET", `/dns_records?name=${shopName}`)) as { result: { id: string }[] };
  for (const { id } of listed.result) await call("DELETE", `/dns_records/${id}`);
  await call("POST", "/dns_records", { type: "A", name: shopName, content: host.place.address.ipv4, proxied: true, ttl: 1 });
}
