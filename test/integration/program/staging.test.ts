import assert from "node:assert/strict";
import { shellOutput } from "../../../sandbox/index.ts";
import { ask, graphql } from "../support/ask.ts";
import type { Pulumi } from "../support/pulumi.ts";
import { runningDigests } from "../support/release.ts";
import { world, type World } from "../support/world.ts";

const host = "api.staging.truealpha.test";

interface Proof {
  readonly health: string;
  readonly release: string;
  readonly postgres: { readonly version: string; readonly rows: number };
  readonly redis: { readonly counter: number };
  readonly job: { readonly state: string; readonly result: string };
}

describe("staging, from a bare server", () => {
  let here: World;
  let pulumi: Pulumi;

  before(async () => {
    here = await world();
    pulumi = await here.pulumi("staging");
  });

  it("is made by one `pulumi up`", async () => {
    const [connections, writes] = [await here.connections("staging"), (await here.cloudflareWrites()).length];
    const { output } = await pulumi.ok("up", "--yes", "--skip-preview");
    assert.match(output, /deployed/);
    // The counters that say "nothing" below must be able to say "something".
    assert.ok((await here.connections("staging")) > connections, "no SSH connection was seen");
    assert.ok((await here.cloudflareWrites()).length > writes, "no write at Cloudflare was seen");
  });

  it("answers on its public name, through every part of it", async () => {
    const data = await graphql<Proof>(
      here,
      host,
      '{ health release postgres { version rows } redis { counter } job(word: "hello") { state result } }',
    );
    assert.equal(data.health, "healthy");
    assert.match(data.release, /^[0-9a-f]{64}$/);
    assert.match(data.postgres.version, /^17\./);
    assert.ok(data.redis.counter > 0);
    assert.deepEqual(data.job, { state: "SUCCESS", result: "HELLO" });
  });

  it("runs exactly the digests of the stack, by Docker's own word", async () => {
    const digests = JSON.parse(await here.checkout.read("image-digests.json")) as { truealpha: { images: Record<string, string> } };
    const wanted = Object.entries(digests.truealpha.images).map(([service, reference]) => [service, reference.split("@")[1]]);
    assert.deepEqual(await runningDigests(here, "staging"), Object.fromEntries(wanted));
  });

  it("publishes nothing on the host but the ingress", async () => {
    const published = await shellOutput(
      here.sandbox.server("staging"),
      `docker ps --format '{{.Names}} {{.Ports}}' | grep -- '->' | cut -d' ' -f1`,
    );
    assert.deepEqual(published.split("\n"), ["terrace-ingress"]);
  });

  it("previews without a change, and neither preview nor `up` touches the world", async () => {
    const [connections, writes] = [await here.connections("staging"), await here.cloudflareWrites()];
    await pulumi.ok("preview", "--expect-no-changes");
    await pulumi.ok("up", "--yes", "--skip-preview", "--expect-no-changes");
    assert.equal(await here.connections("staging"), connections);
    assert.deepEqual(await here.cloudflareWrites(), writes);
  });

  it("redirects HTTP, and shows its release on the probe path", async () => {
    const { status, body } = await ask(here, host, { path: "/__release" });
    assert.equal(status, 200);
    assert.match((JSON.parse(body) as { release: string }).release, /^[0-9a-f]{64}$/);
  });
});
