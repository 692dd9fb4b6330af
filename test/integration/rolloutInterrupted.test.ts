import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson, releaseId } from "../../contract/index.ts";
import type { Phase, RolloutRequest } from "../../contract/index.ts";
import { endRolloutWorld, forgetShop, rolloutWorld, until } from "./rollout/world.ts";
import type { RolloutWorld } from "./rollout/world.ts";

const stateDirectory = "/var/lib/terrace/shop-staging";

describe("a rollout that is interrupted", () => {
  let world: RolloutWorld;
  let good: RolloutRequest;

  before(async () => {
    world = await rolloutWorld();
    await forgetShop(world);
    good = world.request();
    assert.equal((await world.host.call("rollout", good)).exitCode, 0);
  });
  after(endRolloutWorld);

  const inPhase = (phase: Phase) => async (): Promise<boolean> =>
    (JSON.parse(await world.host.shell(`cat ${stateDirectory}/journal.json`)) as { phase: Phase }).phase === phase;

  const counter = async (): Promise<number> => Number(await world.host.shell(`cat ${stateDirectory}/counter`));

  const onlyTheGoodOneRuns = async (colour: "blue" | "green" = "blue"): Promise<void> => {
    assert.equal(await world.probedRelease(), releaseId(good.manifest));
    assert.deepEqual(await world.containers(), [
      `shop-staging-${colour}-api-1 running`,
      `shop-staging-${colour}-beat-1 running`,
      `shop-staging-${colour}-job-1 exited`,
      `shop-staging-${colour}-worker-1 running`,
    ]);
    await assert.rejects(world.host.shell(`cat ${stateDirectory}/journal.json`));
  };

  /** The machine takes a moment to forget the network of a server whose plug was pulled. */
  const powerOn = (): Promise<void> =>
    until(() =>
      world.sandbox.control("servers", "powerOn", { server: world.host.place.name }).then(
        () => true,
        () => false,
      ),
    );

  it("by a second one lets the first one through and names it", async () => {
    const first = world.rollOut({ api: "v2", settleSeconds: 8 });
    await until(inPhase("settle"));
    const started = performance.now();
    const second = await world.rollOut({ api: "v3" });
    assert.equal(second.exitCode, 40, second.stderr);
    assert.match(
      second.lastLine,
      /^terrace: busy \(lease_held\): shop-staging: rollout by root has been running since \d{4}-\S+Z \(process \d+\); now serving sha-/,
    );
    assert.ok(performance.now() - started < 5000);
    assert.equal((await first).exitCode, 0);
    good = world.request({ api: "v2", settleSeconds: 8 });
    await onlyTheGoodOneRuns("green");
  });

  it("by the end of the SSH session goes on without it", async () => {
    const request = world.request({ settleSeconds: 5 });
    const ssh = await sshAsDeployer(world, canonicalJson(request));
    await until(inPhase("start"));
    ssh.kill();
    await until(async () => (await world.probedRelease()) === releaseId(request.manifest));
    const number = await counter();
    await until(async () => (await world.report(number)).outcome === "deployed");
    good = request;
    const report = await world.report(number);
    assert.equal(report.outcome, "deployed");
    assert.equal(report.actor.user, "deploy-staging");
    assert.match(report.actor.key ?? "", /^SHA256:/);
    await onlyTheGoodOneRuns("blue");
  });

  for (const [phase, signal, options] of [
    ["health", "KILL", { api: "never-healthy", healthTimeoutSeconds: 90 }],
    // What a shutdown sends, and `systemctl stop`: to systemd a service that ends by it has ended well.
    ["settle", "TERM", { api: "v3", worker: "v3", settleSeconds: 60 }],
  ] as const) {
    it(`by SIG${signal} in ${phase} is taken back by the next request, which then goes on`, async () => {
      const rollout = world.rollOut(options);
      await until(inPhase(phase));
      const number = await counter();
      await world.host.shell(`systemctl kill --signal=${signal} 'terrace-rollout-shop-staging-*'`);
      const killed = await rollout;
      assert.equal(killed.exitCode, 70, killed.stderr);
      assert.match(killed.lastLine, /^terrace: internal \(interrupted\): /);
      // The lease went with the process: nobody has to clear anything.
      const next = await world.host.call("rollout", good);
      assert.equal(next.exitCode, 0, next.stderr);
      assert.match(next.stderr, new RegExp(`^==> reconcile: rollout ${number} was interrupted in ${phase}$`, "m"));
      assert.match(next.stdout, /"outcome":"unchanged"/);
      await onlyTheGoodOneRuns();
      const report = await world.report(number);
      assert.deepEqual(
        { outcome: report.outcome, code: report.code },
        { outcome: phase === "settle" ? "rolled_back" : "aborted", code: "interrupted" },
      );
    });
  }

  it("by a kill in retire is completed by the next request: it had settled", async () => {
    const request = world.request({ api: "v3", worker: "v3", drainSeconds: 120 });
    const rollout = world.host.call("rollout", request);
    await until(inPhase("retire"), 120);
    const number = await counter();
    await world.host.shell("systemctl kill --signal=KILL 'terrace-rollout-shop-staging-*'");
    assert.equal((await rollout).exitCode, 70);
    good = request;
    const next = await world.host.call("rollout", good);
    assert.equal(next.exitCode, 0, next.stderr);
    assert.match(next.stdout, /"outcome":"unchanged"/);
    await onlyTheGoodOneRuns("green");
    assert.equal((await world.report(number)).outcome, "deployed");
  });

  it("by a restart of Docker is taken back when Docker has come back", async () => {
    const rollout = world.rollOut({ api: "v2", worker: "v2", settleSeconds: 60 });
    await until(inPhase("settle"));
    await world.host.shell("systemctl restart docker");
    const call = await rollout;
    assert.equal(call.exitCode, 21, call.stderr);
    assert.match(call.lastLine, /^terrace: rolled_back \((?:docker_unreachable|settle_failed)\): /);
    await until(async () => (await world.visit("/healthz")).status === 200);
    await onlyTheGoodOneRuns("green");
  });

  it("by a power cut in settle leaves one complete release after the next request", async () => {
    const rollout = world.rollOut({ api: "v3", worker: "v3", settleSeconds: 30 });
    await until(inPhase("settle"));
    await world.sandbox.control("servers", "powerCut", { server: world.host.place.name });
    await rollout.catch(() => undefined);
    await powerOn();
    await until(async () => (await world.host.shell("docker inspect --format '{{.State.Health.Status}}' terrace-ingress")) === "healthy");
    await until(async () => (await world.visit("/healthz")).status === 200);
    const next = await world.host.call("rollout", good);
    assert.equal(next.exitCode, 0, next.stderr);
    assert.match(next.stderr, /was interrupted in settle/);
    await onlyTheGoodOneRuns("green");
  });

  it("by a power cut while it serves comes back as it was", async () => {
    await world.sandbox.control("servers", "powerCut", { server: world.host.place.name });
    await powerOn();
    await until(async () => (await world.visit("/healthz")).status === 200);
    await until(async () => (await world.host.call("rollout", good)).stdout.includes('"outcome":"unchanged"'));
    await onlyTheGoodOneRuns("green");
    const digest = JSON.parse((await world.visit("/secret-digest?name=FILE_CANARY")).body) as { bytes?: number };
    assert.ok((digest.bytes ?? 0) > 0);
  });
});

/** As CI comes: the deploy user's key, the one command that its sudo rule allows. */
async function sshAsDeployer({ sandbox, host }: RolloutWorld, stdin: string): Promise<{ kill(): void }> {
  const directory = await mkdtemp(join(tmpdir(), "terrace-ssh-"));
  const key = join(directory, "key");
  await writeFile(key, sandbox.seed.identities["deploy-staging"].privateKey, { mode: 0o600 });
  const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"].flatMap((option) => [
    "-o",
    option,
  ]);
  const child = spawn(
    "ssh",
    ["-i", key, ...options, `deploy-staging@${host.place.address.ipv4}`, "sudo -n /opt/terrace/bin/terrace-rollout"],
    {
      stdio: ["pipe", "ignore", "inherit"],
    },
  );
  child.stdin.end(stdin);
  return {
    kill: () => {
      child.kill("SIGKILL");
      void rm(directory, { recursive: true });
    },
  };
}
