import assert from "node:assert/strict";
import { releaseId } from "../../contract/index.ts";
import type { Result, RolloutRequest } from "../../contract/index.ts";
import { shopSecrets } from "./rollout/shop.ts";
import { endRolloutWorld, forgetShop, rolloutWorld, until } from "./rollout/world.ts";
import type { RolloutWorld } from "./rollout/world.ts";

const secondSet = "6".repeat(64);

describe("a rollback on a server", () => {
  let world: RolloutWorld;
  const requests: RolloutRequest[] = [];
  const releases: string[] = [];

  before(async () => {
    world = await rolloutWorld();
    await forgetShop(world);
    const second = shopSecrets("staging", { fingerprint: secondSet, canary: "second canary value", token: "token-of-the-second-set" });
    requests.push(
      world.request(),
      world.request({ api: "v2", worker: "v2", fingerprint: secondSet, settleSeconds: 5 }),
      world.request({ api: "v3", worker: "v3", fingerprint: secondSet }),
    );
    for (const [index, request] of requests.entries()) {
      if (index === 1) await world.host.result("secrets", second);
      releases.push((await world.host.result("rollout", request)).release ?? "");
    }
    assert.equal((await world.rollOut({ api: "exits" })).exitCode, 20);
  });
  after(endRolloutWorld);

  const runs = async (index: number): Promise<void> => {
    const request = requests[index];
    assert.ok(request);
    assert.equal(await world.probedRelease(), releaseId(request.manifest));
    const services = request.manifest.release.runtime.document.services;
    const images = await world.host.shell(
      `docker ps --filter label=dev.terrace.instance=shop-staging --format '{{.Label "dev.terrace.service"}}' | while read -r service; do
         docker inspect --format "$service {{.Config.Image}}" $(docker ps --quiet --filter label=dev.terrace.instance=shop-staging --filter label=dev.terrace.service=$service)
       done | grep -v '^redis' | sort`,
    );
    assert.deepEqual(
      images.split("\n"),
      ["api", "beat", "worker"].map((name) => `${name} ${services[name]?.image ?? ""}`),
    );
    assert.equal(await world.host.shell("readlink /srv/stacks/shop-staging"), `/srv/releases/stacks/shop-staging/${releases[index] ?? ""}`);
  };

  const digestOf = async (name: string): Promise<string> =>
    (JSON.parse((await world.visit(`/secret-digest?name=${name}`)).body) as { sha256: string }).sha256;

  it("goes one proven release back, with the registry down, and says what it took", async () => {
    await world.sandbox.control("registry", "outage");
    try {
      const call = await world.host.type("rollback shop-staging --reason 'orders fail'");
      assert.equal(call.exitCode, 0, call.stderr);
      const result = JSON.parse(call.stdout) as Result;
      assert.deepEqual(
        { outcome: result.outcome, code: result.code, release: result.release },
        { outcome: "deployed", code: "rolled_back_as_asked", release: releases[1] },
      );
      await runs(1);
    } finally {
      await world.sandbox.control("registry", "restore");
    }
    const report = await world.report(Number(await world.host.shell("cat /var/lib/terrace/shop-staging/counter")));
    assert.deepEqual({ request: report.request, reason: report.reason }, { request: "rollback", reason: "orders fail (root)" });
    assert.match(
      await world.host.shell("tail -n 1 /srv/deploy-history.log"),
      /\| rollback \| v2 \| deployed \(rolled_back_as_asked\) \| .*; reason: orders fail/,
    );
  });

  it("asked again goes further back, and gives the release its own secrets but those that others can revoke", async () => {
    const token = await digestOf("TOKEN");
    const canary = await digestOf("CANARY");
    const call = await world.host.type("rollback shop-staging --reason 'still failing'");
    assert.equal(call.exitCode, 0, call.stderr);
    await runs(0);
    assert.equal(await digestOf("TOKEN"), token);
    assert.notEqual(await digestOf("CANARY"), canary);
    assert.equal(await digestOf("CANARY"), await digestOf("FILE_CANARY"));
    assert.match(call.stderr, /these variables keep their latest value, as they are marked: TOKEN/);
  });

  it("says so when history is too short, and touches nothing", async () => {
    const before = await world.containers();
    const call = await world.host.type("rollback shop-staging --reason 'even further'");
    assert.equal(call.exitCode, 10, call.stderr);
    assert.equal(
      call.lastLine,
      `terrace: refused (no_rollback_target): cannot go back 1: 0 proven releases stand before ${releases[0] ?? ""}; --release can name: ${releases.slice(1).join(", ")}; now serving ${releases[0] ?? ""}`,
    );
    assert.deepEqual(await world.containers(), before);
  });

  it("goes to a named release, also forward, but to none that failed", async () => {
    const failed = await world.host.shell("ls /srv/releases/stacks/shop-staging | tail -n 1");
    assert.ok(!releases.includes(failed));
    const refused = await world.host.type(`rollback shop-staging --release ${failed} --reason 'by mistake'`);
    assert.equal(refused.exitCode, 10, refused.stderr);
    assert.match(refused.lastLine, /never survived its rollout; those that did: /);
    const call = await world.host.type(`rollback shop-staging --release ${releases[2] ?? ""} --reason 'it was the network'`);
    assert.equal(call.exitCode, 0, call.stderr);
    await runs(2);
  });

  it("refuses a release that was changed on the disk", async () => {
    const path = `/srv/releases/stacks/shop-staging/${releases[1] ?? ""}/compose.yaml`;
    await world.host.shell(`cp -p ${path} /root/kept && sed -i 's/unless-stopped/always/; $a# changed' ${path}`);
    const call = await world.host.type(`rollback shop-staging --release ${releases[1] ?? ""} --reason 'back again'`);
    await world.host.shell(`mv /root/kept ${path}`);
    assert.equal(call.exitCode, 10, call.stderr);
    assert.match(
      call.lastLine,
      /^terrace: refused \(state_unreadable\): release \S+: \S+compose\.yaml was changed after the release was sealed;/,
    );
    await runs(2);
  });

  it("that fails once it serves is not taken back: a person is told, and one complete release runs", async () => {
    const rollback = world.host.type(`rollback shop-staging --release ${releases[1] ?? ""} --reason 'and back'`);
    await until(async () => (await world.host.shell("cat /var/lib/terrace/shop-staging/journal.json")).includes('"phase":"settle"'));
    const target = await world.host.shell(
      `docker ps --quiet --filter label=dev.terrace.service=api --filter label=dev.terrace.release=${releases[1] ?? ""}`,
    );
    await world.host.shell(`docker kill ${target}`);
    const call = await rollback;
    assert.equal(call.exitCode, 30, call.stderr);
    assert.match(
      call.lastLine,
      /^terrace: rollback_failed \(rollback_incomplete\): api: .* \(settle_failed\); a rollback is not taken back, so \S+ stays; now serving /,
    );
    await world.host.shell(`docker start ${target}`);
    await until(async () => (await world.visit("/healthz")).status === 200);
    await runs(1);
  });
});
