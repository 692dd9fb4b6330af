import assert from "node:assert/strict";
import type { Pulumi } from "../support/pulumi.ts";
import { hasten, publicRelease, publish, runningDigest, underTraffic } from "../support/release.ts";
import { world, type World } from "../support/world.ts";

const host = "api.staging.truealpha.test";

describe("releases that are broken", () => {
  let here: World;
  let pulumi: Pulumi;
  let good: { readonly release: string; readonly digest: string };

  before(async () => {
    here = await world();
    pulumi = await here.pulumi("staging");
    await hasten(here, "staging");
    await publish(here, "v10");
    await pulumi.ok("up", "--yes", "--skip-preview");
    good = { release: await publicRelease(here, host), digest: await runningDigest(here, "staging", "api") };
  });

  const broken: readonly [string, string, RegExp, RegExp][] = [
    ["exits at once", "exits", /terrace: aborted \(container_exited\): .*; now serving sha-/, /exit code 3/],
    [
      "never becomes healthy",
      "never-healthy",
      /terrace: aborted \((?:health_timeout|container_unhealthy)\): .*; now serving sha-/,
      /last health check: .* exit 1/,
    ],
    [
      "is healthy but fails its smoke test",
      "smoke-fails",
      /terrace: aborted \(smoke_failed\): dependencies answer.*; now serving sha-/,
      /smoke/,
    ],
  ];
  for (const [what, tag, line, evidence] of broken) {
    it(`one that ${what}: up fails with its own reason and evidence, and the old one serves throughout`, async () => {
      await publish(here, tag);
      const { result, seen } = await underTraffic(here, host, 50, 50_000, () => pulumi.run("up", "--yes", "--skip-preview"));
      assert.notEqual(result.exitCode, 0);
      assert.match(result.output, line);
      assert.match(result.output, evidence);
      assert.match(result.output, /Process exited with status 20/);
      assert.equal(seen.all.failed, 0, JSON.stringify(seen, null, 2));
      assert.deepEqual(seen.all.releases, [good.release]);
      assert.equal(await runningDigest(here, "staging", "api"), good.digest);
    });
  }

  it("and then a third digest, never seen before, goes out and answers", async () => {
    await publish(here, "v11");
    await pulumi.ok("up", "--yes", "--skip-preview");
    assert.notEqual(await publicRelease(here, host), good.release);
    assert.notEqual(await runningDigest(here, "staging", "api"), good.digest);
  });
});
