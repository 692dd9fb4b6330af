import assert from "node:assert/strict";
import { environments, shellOutput } from "../../../sandbox/index.ts";
import type { Environment } from "../../../sandbox/index.ts";
import { ask } from "../support/ask.ts";
import type { Pulumi } from "../support/pulumi.ts";
import { hasten, publicRelease, publish, referenceOf, runningDigest, underTraffic } from "../support/release.ts";
import { moveProdToStaging } from "../support/stackFiles.ts";
import { world, type World } from "../support/world.ts";

const hosts = { staging: "api.staging.truealpha.test", test: "api.test.truealpha.test", prod: "api.truealpha.test" } as const;
/** A few requests a second show a gap as well as many, and the servers share one machine. */
const requestsPerSecond = 40;

describe("several stacks", () => {
  let here: World;
  const cli = {} as Record<Environment, Pulumi>;
  const filesBefore: [string, string][] = [];

  const up = (stack: Environment) => cli[stack].ok("up", "--yes", "--skip-preview");
  /** Ids of an instance's running containers, by Docker's own word. */
  const containers = async (server: string, stack: Environment): Promise<readonly string[]> => {
    const ids = await shellOutput(
      here.sandbox.server(server),
      `docker ps --no-trunc --format '{{.ID}}' --filter label=dev.terrace.instance=truealpha-${stack} | sort`,
    );
    return ids.split("\n").filter((id) => id !== "");
  };
  const instances = async (server: string): Promise<string> =>
    shellOutput(here.sandbox.server(server), `docker ps --format '{{.Label "dev.terrace.instance"}}' | grep . | sort -u | tr '\\n' ' '`);
  const firewallDeletions = async (): Promise<readonly string[]> =>
    (await here.cloudflareWrites()).filter((write) => /^DELETE .*\/rulesets\//.test(write));

  before(async () => {
    here = await world();
    for (const stack of environments) {
      cli[stack] = await here.pulumi(stack);
      await hasten(here, stack);
      const file = `Pulumi.${stack}.yaml`;
      filesBefore.push([file, await here.checkout.read(file)]);
    }
    await publish(here, "v30");
  });
  after(async () => {
    await publish(here, "v30");
    for (const [file, text] of filesBefore) await here.checkout.write(file, text);
  });

  it("stand on three servers, each with its own and nothing else", async () => {
    await Promise.all(environments.map(up));
    const digest = (await referenceOf(here, "truealpha/api:v30")).split("@")[1];
    const releases = new Set<string>();
    for (const stack of environments) {
      releases.add(await publicRelease(here, hosts[stack]));
      assert.equal(await runningDigest(here, stack, "api", `truealpha-${stack}`), digest);
      assert.equal(await instances(stack), `truealpha-${stack} `);
    }
    // One build, three releases: environments differ in more than the image.
    assert.equal(releases.size, 3);
  });

  it("destroyed: one leaves the others alone, says what stays on its server, and finds all of it again", async () => {
    const content = "kept when the stack is destroyed\n";
    assert.equal((await ask(here, hosts.test, { method: "PUT", path: "/upload?name=kept.txt", body: content })).status, 201);
    const release = await publicRelease(here, hosts.test);
    const others = [await containers("staging", "staging"), await containers("prod", "prod")];

    const { result, seen } = await underTraffic(here, hosts.staging, requestsPerSecond, 50_000, () =>
      cli.test.ok("destroy", "--yes", "--skip-preview"),
    );
    assert.equal(seen.all.failed, 0, JSON.stringify(seen, null, 2));
    assert.deepEqual([await containers("staging", "staging"), await containers("prod", "prod")], others);
    assert.match(await publicRelease(here, hosts.prod), /^[0-9a-f]{64}$/);
    assert.deepEqual(await containers("test", "test"), []);

    for (const line of [
      /==> done: truealpha-test is out of service: sha-\S+ was stopped, its routes are closed/,
      /stays: volume truealpha-test_database/,
      /stays: volume truealpha-test_uploads/,
      /stays: \d+ releases? in \/srv\/releases\/stacks\/truealpha-test/,
      /stays: sealed secrets in \/var\/lib\/terrace\/secrets\/truealpha-test/,
      /stays: history, reports, owner and numbering in \/var\/lib\/terrace\/truealpha-test/,
      /stays: the platform: Docker, ingress, accounts, host program/,
      /==> done: truealpha-test: neo4j, postgres, redis stopped and removed; its data stays, and pulumi up finds it again/,
    ])
      assert.match(result.output, line);

    const { output } = await up("test");
    assert.match(output, /all \d+ items are as they should be/);
    assert.equal(await publicRelease(here, hosts.test), release);
    assert.equal((await ask(here, hosts.test, { path: "/files/kept.txt" })).body, content);
  });

  it("moved onto one server: prod beside staging, whose platform it uses", async () => {
    const refused = await cli.prod.run("destroy", "--yes");
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.output, /edge-firewall" cannot be deleted\s+because it is protected/);
    assert.match(await publicRelease(here, hosts.prod), /^[0-9a-f]{64}$/);

    await cli.prod.ok("destroy", "--yes", "--skip-preview", "--exclude-protected");
    assert.equal(await instances("prod"), "");
    assert.deepEqual(await firewallDeletions(), []);

    await moveProdToStaging(here);
    const staging = await containers("staging", "staging");
    await up("staging");
    await up("prod");
    assert.equal(await instances("staging"), "truealpha-prod truealpha-staging ");
    assert.equal(await instances("prod"), "");
    assert.deepEqual(await containers("staging", "staging"), staging);
    assert.notEqual(await publicRelease(here, hosts.prod), await publicRelease(here, hosts.staging));
  });

  for (const [broken, tag, other] of [
    ["prod", "smoke-fails", "staging"],
    ["staging", "exits", "prod"],
  ] as const) {
    it(`on one server: a broken rollout of ${broken} drops no request of ${other}`, async () => {
      const before = await containers("staging", other);
      const release = await publicRelease(here, hosts[other]);
      await publish(here, tag);
      const { result, seen } = await underTraffic(here, hosts[other], requestsPerSecond, 50_000, () =>
        cli[broken].run("up", "--yes", "--skip-preview"),
      );
      assert.match(result.output, /terrace: aborted \((?:smoke_failed|container_exited)\): .*; now serving sha-/);
      assert.equal(seen.all.failed, 0, JSON.stringify(seen, null, 2));
      assert.deepEqual(seen.all.releases, [release]);
      assert.ok(seen.all.requests > 100, `only ${seen.all.requests} requests`);
      assert.deepEqual(await containers("staging", other), before);
    });
  }

  it("on one server: destroying prod drops no request of staging, and says whose platform stays", async () => {
    const before = await containers("staging", "staging");
    const { result, seen } = await underTraffic(here, hosts.staging, requestsPerSecond, 50_000, () =>
      cli.prod.ok("destroy", "--yes", "--skip-preview", "--exclude-protected"),
    );
    assert.equal(seen.all.failed, 0, JSON.stringify(seen, null, 2));
    assert.deepEqual(await containers("staging", "staging"), before);
    assert.equal(await instances("staging"), "truealpha-staging ");
    assert.match(result.output, /stays: the platform of stack "staging": Docker, ingress, accounts, host program/);
    assert.match(result.output, /stays: untouched and in service: truealpha-staging/);
    assert.match(result.output, /stays: volume truealpha-prod_database/);
    assert.deepEqual(await firewallDeletions(), []);
  });
});
