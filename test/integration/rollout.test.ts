import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { releaseId } from "../../contract/index.ts";
import type { Result } from "../../contract/index.ts";
import { canary } from "./rollout/shop.ts";
import { endRolloutWorld, forgetShop, rolloutWorld } from "./rollout/world.ts";
import type { RolloutWorld } from "./rollout/world.ts";

describe("a rollout on a server", () => {
  let world: RolloutWorld;

  before(async () => {
    world = await rolloutWorld();
    await forgetShop(world);
  });
  after(endRolloutWorld);

  const serves = async (expected: { readonly id: string; readonly version: string }): Promise<void> => {
    const answer = await world.visit("/__release");
    assert.equal(answer.status, 200);
    const body = JSON.parse(answer.body) as { release: string; version: string };
    assert.deepEqual({ release: body.release, version: body.version }, { release: expected.id, version: expected.version });
    assert.equal(answer.headers["x-terrace-release"], undefined);
    assert.equal(await world.probedRelease(), expected.id);
  };

  it("brings a first release from its manifest to its public name", async () => {
    const request = world.request();
    const id = releaseId(request.manifest);
    const call = await world.host.call("rollout", request);
    assert.equal(call.exitCode, 0, call.stderr);
    const result = JSON.parse(call.stdout) as Result;
    assert.deepEqual(
      { outcome: result.outcome, code: result.code, releaseId: result.releaseId, rollout: result.rollout },
      { outcome: "deployed", code: "ok", releaseId: id, rollout: 1 },
    );
    await serves({ id, version: "v1" });
    assert.deepEqual(await world.containers(), [
      "shop-staging-blue-api-1 running",
      "shop-staging-blue-beat-1 running",
      "shop-staging-blue-job-1 exited",
      "shop-staging-blue-worker-1 running",
    ]);
    const release = result.release ?? "";
    assert.match(release, /^sha-abcdef1__\d{8}T\d{6}Z$/);
    assert.equal(await world.host.shell("readlink /srv/stacks/shop-staging"), `/srv/releases/stacks/shop-staging/${release}`);
    assert.equal(
      await world.host.shell(`cd /srv/stacks/shop-staging && ls -A && sha256sum --check --quiet SHA256SUMS`),
      [".env", "SHA256SUMS", "compose.yaml", "config", "manifest.json", "report.json"].join("\n"),
    );
  });

  it("gives every container the release's secrets unchanged, and nobody else", async () => {
    const digest = createHash("sha256").update(canary).digest("hex");
    for (const [name, source] of [
      ["CANARY", "environment"],
      ["FILE_CANARY", "file"],
    ]) {
      const answer = JSON.parse((await world.visit(`/secret-digest?name=${name}`)).body) as { sha256: string; source: string };
      assert.deepEqual({ sha256: answer.sha256, source: answer.source }, { sha256: digest, source });
    }
    const files = "/srv /var/lib/terrace /var/log /run/terrace/secrets";
    const found = await world.host.shell(`grep -rlF 'CANARY-"quotes"' ${files} || true`);
    assert.match(found, /^\/run\/terrace\/secrets\/shop-staging\/5+\/FILE_CANARY$/);
    // The same scan sees a copy that is planted where there must be none.
    await world.host.shell("cat > /srv/planted", canary);
    assert.match(await world.host.shell(`grep -rlF 'CANARY-"quotes"' ${files}; rm /srv/planted`), /\/srv\/planted/);
  });

  it("touches nothing when the same release is asked for again", async () => {
    const before = await world.host.shell("docker ps --quiet --no-trunc | sort");
    const call = await world.rollOut();
    assert.equal(call.exitCode, 0, call.stderr);
    assert.equal((JSON.parse(call.stdout) as Result).outcome, "unchanged");
    assert.equal(await world.host.shell("docker ps --quiet --no-trunc | sort"), before);
    assert.equal(await world.host.shell("cat /var/lib/terrace/shop-staging/counter"), "1");
  });

  it("replaces it without a failed request, in the other colour", async () => {
    const request = world.request({ api: "v2", worker: "v2", replicas: 2 });
    const stop = new AbortController();
    const statuses: number[] = [];
    const visits = (async () => {
      while (!stop.signal.aborted) statuses.push((await world.visit("/")).status);
    })();
    const call = await world.host.call("rollout", request);
    stop.abort();
    await visits;
    assert.equal(call.exitCode, 0, call.stderr);
    assert.ok(statuses.length > 20, `only ${statuses.length} visits`);
    assert.deepEqual(new Set(statuses), new Set([200]));
    await serves({ id: releaseId(request.manifest), version: "v2" });
    assert.deepEqual(await world.containers(), [
      "shop-staging-green-api-1 running",
      "shop-staging-green-api-2 running",
      "shop-staging-green-beat-1 running",
      "shop-staging-green-job-1 exited",
      "shop-staging-green-worker-1 running",
    ]);
    const policies = await world.host.shell(
      "docker inspect --format '{{.Name}} {{.HostConfig.RestartPolicy.Name}}' $(docker ps --all --quiet --filter label=dev.terrace.part=green) | sort",
    );
    assert.deepEqual(policies.split("\n"), [
      "/shop-staging-green-api-1 unless-stopped",
      "/shop-staging-green-api-2 unless-stopped",
      "/shop-staging-green-beat-1 unless-stopped",
      "/shop-staging-green-job-1 no",
      "/shop-staging-green-worker-1 unless-stopped",
    ]);
    const report = await world.report(2);
    assert.equal(report.local.result, "passed");
    const handover = report.phases.find(({ phase }) => phase === "handover")?.note ?? "";
    assert.match(handover, /beat: none ran for \d+\.\d\d s/);
  });

  it("sends the same release again when its epoch is raised", async () => {
    const call = await world.rollOut({ api: "v2", worker: "v2", replicas: 2, epoch: 2 });
    assert.equal(call.exitCode, 0, call.stderr);
    assert.equal((JSON.parse(call.stdout) as Result).outcome, "deployed");
    assert.equal((await world.host.status()).instances[0]?.serving?.colour, "blue");
  });

  it("shows what runs and what was done", async () => {
    const status = await world.host.type("status shop-staging");
    assert.match(status.stdout, /^shop-staging: sha-abcdef1__\S+ \(version v2, blue\) since /m);
    assert.match(status.stdout, /^ {2}routes: https:\/\/shop\.truealpha\.test$/m);
    assert.match(status.stdout, /^ {2}api +blue +web +running \(healthy\) +sha256:[0-9a-f]{12} /m);
    const history = await world.host.type("history shop-staging");
    assert.deepEqual(
      history.stdout
        .split("\n")
        .slice(1, -1)
        .map((line) => line.split(/ {2,}/).filter((_, column) => [0, 2, 3, 5].includes(column))),
      [
        ["3", "rollout", "v2", "deployed"],
        ["2", "rollout", "v2", "deployed"],
        ["1", "rollout", "v1", "deployed"],
      ],
    );
    const log = await world.host.shell("tail -n 3 /srv/deploy-history.log");
    assert.match(
      log,
      /^\S+ \| shop-staging \| staging \| rollout \| v1 \| deployed \| shop-staging serves sha-abcdef1__\S+ \(version v1\)(?:, not confirmed through the public name .*)?$/m,
    );
  });

  it("takes the instance out of service when it is retired, and says what stays", async () => {
    const foreign = await world.host.call("retire", world.request({ owner: "other" }));
    assert.equal(foreign.exitCode, 0, foreign.stderr);
    assert.match(foreign.stderr, /belongs to stack "staging" of project "shop", not to "staging" of "other"; it was left as it is/);
    assert.equal((await world.visit("/")).status, 200);

    const call = await world.host.call("retire", world.request());
    assert.equal(call.exitCode, 0, call.stderr);
    assert.match(call.stderr, /^ {4}stays: 3 releases in \/srv\/releases\/stacks\/shop-staging$/m);
    assert.match(call.stderr, /^ {4}stays: stateful services redis of shop-staging-data, running, with their volumes$/m);
    assert.match(
      await world.host.shell("/opt/terrace/bin/terrace history shop-staging --limit 1"),
      /its routes are closed; stays: stateful services redis of shop-staging-data, running, with their volumes; 3 releases in \/srv/,
    );
    assert.deepEqual(await world.containers(), []);
    assert.equal((await world.visit("/")).status, 404);
    assert.equal(
      await world.host.shell("ls /srv/stacks /srv/releases/current /run/terrace/secrets/shop-staging"),
      ["/run/terrace/secrets/shop-staging:", "", "/srv/releases/current:", "", "/srv/stacks:"].join("\n"),
    );
    const again = await world.host.call("retire", world.request());
    assert.match(again.stderr, /serves nothing; nothing to retire/);
  });
});
