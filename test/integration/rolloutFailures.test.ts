import assert from "node:assert/strict";
import { releaseId } from "../../contract/index.ts";
import type { ReasonCode } from "../../contract/index.ts";
import type { ShopOptions } from "./rollout/shop.ts";
import { canary } from "./rollout/shop.ts";
import { endRolloutWorld, forgetShop, rolloutWorld, until } from "./rollout/world.ts";
import type { RolloutWorld } from "./rollout/world.ts";

interface Case {
  readonly what: string;
  readonly options: Omit<ShopOptions, "images">;
  readonly exitCode: number;
  readonly code: ReasonCode;
  /** The sentence of the last line. */
  readonly says: RegExp;
  /** Line of a container's log that must be in the report. */
  readonly evidence?: RegExp;
}

const aborted: readonly Case[] = [
  {
    what: "an image that exits at once",
    options: { api: "exits" },
    exitCode: 20,
    code: "container_exited",
    says: /api: exited with code 3/,
    evidence: /this build exits on purpose/,
  },
  {
    what: "an image that never becomes healthy",
    options: { api: "never-healthy", healthTimeoutSeconds: 6 },
    exitCode: 20,
    code: "health_timeout",
    says: /api: was not healthy after 6 s/,
    evidence: /"event":"listening"/,
  },
  {
    what: "an image that is healthy and fails its smoke check",
    options: { api: "smoke-fails", smoke: { path: "/readyz", status: 200 } },
    exitCode: 20,
    code: "smoke_failed",
    says: /the API answers: GET \/readyz: expected status 200, got 500/,
    evidence: /"event":"listening"/,
  },
  {
    what: "a job that fails",
    options: { api: "v3", job: 'console.error("cannot prepare: " + process.env.TERRACE_RELEASE.length); process.exit(4)' },
    exitCode: 20,
    code: "job_failed",
    says: /job: exited with code 4/,
    evidence: /cannot prepare: 64/,
  },
  {
    what: "a start command that the image does not have",
    options: { api: "v3", apiLines: ['entrypoint: ["/no/such/program"]'] },
    exitCode: 20,
    code: "container_exited",
    says: /api: .*no such file or directory/,
  },
  {
    what: "a user that the image does not have",
    options: { api: "v3", apiLines: ["user: nobody-here"] },
    exitCode: 20,
    code: "container_exited",
    says: /api: .*unable to find user nobody-here/,
  },
  {
    what: "a worker that exits at once",
    options: { api: "v3", worker: "exits" },
    exitCode: 21,
    code: "container_exited",
    says: /worker: exited with code 3|beat: exited with code 3/,
    evidence: /this build exits on purpose/,
  },
  {
    what: "another stack's instance",
    options: { owner: "other" },
    exitCode: 10,
    code: "owner_mismatch",
    says: /belongs to stack "staging" of project "shop"/,
  },
  {
    what: "a secret set that this host does not hold",
    options: { fingerprint: "7".repeat(64) },
    exitCode: 10,
    code: "secrets_absent",
    says: /777777777777/,
  },
];

describe("a rollout that fails", () => {
  let world: RolloutWorld;
  let old: { readonly id: string; readonly containers: readonly string[]; readonly ids: string };

  const ids = (): Promise<string> =>
    world.host.shell("docker ps --no-trunc --format '{{.ID}} {{.Names}} {{.Label \"dev.terrace.role\"}}' | grep -v terrace-ingress | sort");

  before(async () => {
    world = await rolloutWorld();
    await forgetShop(world);
  });
  after(endRolloutWorld);

  it("as the first of its instance leaves nothing behind and says so", async () => {
    const call = await world.rollOut({ api: "exits" });
    assert.equal(call.exitCode, 20, call.stderr);
    assert.equal(call.stdout, "");
    assert.equal(call.lastLine, "terrace: aborted (container_exited): api: exited with code 3; now serving nothing");
    assert.deepEqual(await world.containers(), []);
    assert.equal((await world.visit("/")).status, 404);
    assert.equal(await world.host.shell("ls /srv/stacks /srv/releases/current"), "/srv/releases/current:\n\n/srv/stacks:");

    const good = world.request();
    assert.equal((await world.host.call("rollout", good)).exitCode, 0);
    old = { id: releaseId(good.manifest), containers: await world.containers(), ids: await ids() };
  });

  for (const { what, options, exitCode, code, says, evidence } of aborted) {
    it(`for ${what} ends with ${exitCode} (${code}) and leaves the old release as it was`, async () => {
      const file = await world.host.shell("cat /srv/terrace/ingress/dynamic/shop-staging.yml");
      const call = await world.rollOut(options);
      assert.equal(call.exitCode, exitCode, call.stderr);
      assert.equal(call.stdout, "");
      assert.match(call.lastLine, says);
      assert.match(call.lastLine, new RegExp(`^terrace: \\w+ \\(${code}\\): .*; now serving sha-abcdef1__\\d{8}T\\d{6}Z$`));
      assert.deepEqual(await world.containers(), old.containers);
      assert.equal(await world.host.shell("cat /srv/terrace/ingress/dynamic/shop-staging.yml"), file);
      assert.equal(await world.probedRelease(), old.id);
      assert.equal((await world.visit("/healthz")).status, 200);
      // Before the switch nothing of the old release was touched: the same containers still run.
      if (exitCode !== 21) assert.equal(await ids(), old.ids);

      const number = Number(await world.host.shell("cat /var/lib/terrace/shop-staging/counter"));
      const report = await world.report(number);
      assert.deepEqual({ code: report.code, serving: report.serving?.releaseId }, { code, serving: old.id });
      if (evidence !== undefined) assert.match(report.evidence.flatMap(({ log }) => log).join("\n"), evidence);
    });
  }

  it("shows no secret, not even one that the release itself prints", async () => {
    const job = "console.error('I have ' + process.env.PATH); process.exit(9)";
    const call = await world.rollOut({ api: "v3", job, apiLines: [] });
    assert.equal(call.exitCode, 20);
    const printing = world.request({ api: "exits" });
    const api = printing.manifest.release.runtime.document.services["api"];
    assert.ok(api);
    api.entrypoint = [
      "/usr/local/bin/node",
      "-e",
      "console.log(process.env.CANARY); console.log(JSON.stringify(process.env.CANARY)); process.exit(5)",
    ];
    const leak = await world.host.call("rollout", printing);
    assert.equal(leak.exitCode, 20, leak.stderr);
    assert.match(leak.stderr, /\| •••/);
    const [first = "", second = ""] = canary.split("\n");
    const number = Number(await world.host.shell("cat /var/lib/terrace/shop-staging/counter"));
    for (const text of [leak.stderr, JSON.stringify(await world.report(number))]) {
      for (const form of [first, second, JSON.stringify(first).slice(1, -1), JSON.stringify(second).slice(1, -1)]) {
        assert.ok(!text.includes(form), `shows ${form}`);
      }
    }
  });

  it("after the switch gives the public back and starts the old workers again", async () => {
    const rollout = world.rollOut({ api: "v3", worker: "v3", settleSeconds: 30 });
    await until(async () => (await world.host.shell("cat /var/lib/terrace/shop-staging/journal.json")).includes('"phase":"settle"'));
    assert.equal((JSON.parse((await world.visit("/__release")).body) as { version: string }).version, "v3");
    await world.host.shell("docker kill shop-staging-green-api-1");
    const call = await rollout;
    assert.equal(call.exitCode, 21, call.stderr);
    assert.match(call.lastLine, /^terrace: rolled_back \(settle_failed\): api: .*; now serving sha-/);
    assert.equal(await world.probedRelease(), old.id);
    assert.deepEqual(await world.containers(), old.containers);
  });

  it("for want of a registry starts nothing, and deploys what is here already", async () => {
    await world.host.shell(
      `docker image rm --force ${world.request({ api: "v3" }).manifest.release.runtime.document.services["api"]?.image.replace(/:v3@/, "@") ?? ""}`,
    );
    await world.sandbox.control("registry", "outage");
    try {
      const absent = await world.rollOut({ api: "v3" });
      assert.equal(absent.exitCode, 20, absent.stderr);
      assert.match(absent.lastLine, /^terrace: aborted \(registry_unreachable\): registry\.terrace\.test\/truealpha\/api:v3@sha256:/);
      assert.deepEqual(await world.containers(), old.containers);
      const present = await world.rollOut({ epoch: 2 });
      assert.equal(present.exitCode, 0, present.stderr);
    } finally {
      await world.sandbox.control("registry", "restore");
    }
  });

  it("for a digest that the registry does not have names the image", async () => {
    const request = world.request({ api: "v2" });
    const api = request.manifest.release.runtime.document.services["api"];
    assert.ok(api);
    api.image = api.image.replace(/[0-9a-f]{64}$/, "0".repeat(64));
    const call = await world.host.call("rollout", request);
    assert.equal(call.exitCode, 20, call.stderr);
    assert.match(call.lastLine, /^terrace: aborted \(image_not_found\): registry\.terrace\.test\/truealpha\/api:v2@sha256:0{64}: manifest/);
  });

  it("for an image with a VOLUME that nobody declared, before it could write there", async () => {
    const request = world.request({ api: "v2" });
    const { services } = request.manifest.release.runtime.document;
    assert.ok(services["worker"]);
    services["worker"].image = world.images["truealpha/redis:8"] ?? "";
    const call = await world.host.call("rollout", request);
    assert.equal(call.exitCode, 20, call.stderr);
    assert.match(call.lastLine, /^terrace: aborted \(undeclared_volume\): service worker: its image declares VOLUME \/data, /);
  });

  it("for an ingress that stops after the switch goes back, and serves again when the ingress does", async () => {
    const [before, containers] = [await world.probedRelease(), await world.containers()];
    const rollout = world.rollOut({ api: "v2", settleSeconds: 8 });
    await until(async () => (await world.host.shell("cat /var/lib/terrace/shop-staging/journal.json")).includes('"phase":"settle"'));
    await world.host.shell("docker stop terrace-ingress");
    const call = await rollout;
    await world.host.shell("docker start terrace-ingress");
    assert.equal(call.exitCode, 21, call.stderr);
    assert.match(call.lastLine, /^terrace: rolled_back \(ingress_unreachable\): Traefik cannot be asked: the ingress container is exited;/);
    await until(async () => (await world.probedRelease()) === before);
    assert.deepEqual(await world.containers(), containers);
  });

  it("of a service that cannot run twice starts the old one again", async () => {
    const [before, containers] = [await world.probedRelease(), await world.containers()];
    const recreate = { apiLines: ["x-terrace: { role: web, update: recreate }"] };
    const call = await world.rollOut({ api: "never-healthy", healthTimeoutSeconds: 5, ...recreate });
    assert.equal(call.exitCode, 20, call.stderr);
    assert.match(call.stderr, /^ {4}stopping shop-staging-\w+-api-1: api cannot run twice at once$/m);
    assert.match(call.stderr, /^ {4}starting shop-staging-\w+-api-1 again$/m);
    assert.equal((await world.visit("/healthz")).status, 200);
    assert.equal(await world.probedRelease(), before);
    assert.deepEqual(await world.containers(), containers);
    const good = await world.rollOut({ api: "v2", ...recreate });
    assert.equal(good.exitCode, 0, good.stderr);
  });

  it("goes through with the next good release", async () => {
    const request = world.request({ api: "v3", worker: "v3" });
    const call = await world.host.call("rollout", request);
    assert.equal(call.exitCode, 0, call.stderr);
    assert.equal(await world.probedRelease(), releaseId(request.manifest));
  });
});
