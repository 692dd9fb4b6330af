import assert from "node:assert/strict";
import { ask } from "../support/ask.ts";
import type { Pulumi } from "../support/pulumi.ts";
import { hasten, publicRelease, publish, referenceOf, runningDigest, underTraffic } from "../support/release.ts";
import { world, type World } from "../support/world.ts";

const host = "api.staging.truealpha.test";

describe("rollouts of staging", () => {
  let here: World;
  let pulumi: Pulumi;

  before(async () => {
    here = await world();
    pulumi = await here.pulumi("staging");
    await hasten(here, "staging");
    await pulumi.ok("up", "--yes", "--skip-preview");
  });

  it("one changed digest is all that a preview shows", async () => {
    await publish(here, "v2");
    const { stdout } = await pulumi.ok("preview", "--diff");
    const changed = stdout.split("\n").filter((line) => /^\s*[~+-] /.test(line) && !/[{[]$/.test(line.trim()) && !/ to update$/.test(line));
    const resources = changed.filter((line) => /\((?:update|create|delete|replace)\)$/.test(line.trim()));
    assert.deepEqual(
      resources.map((line) => line.trim()),
      ["~ command:remote:Command: (update)"],
    );
    const values = changed.filter((line) => !resources.includes(line));
    assert.equal(values.length, 1, values.join("\n"));
    assert.ok(values[0]?.includes(`=> "${await referenceOf(here, "truealpha/api:v2")}"`), values[0]);
    assert.doesNotMatch(stdout, /output<|\[unknown\]|\[secret\]/);
  });

  it("drops nothing: five rollouts under 50 requests a second, GET and POST, on new and on kept connections", async () => {
    const releases = new Set<string>();
    const { seen } = await underTraffic(here, host, 50, 100_000, async () => {
      for (const version of ["v2", "v3", "v4", "v5", "v6"]) {
        await publish(here, version);
        await pulumi.ok("up", "--yes", "--skip-preview");
        releases.add(await publicRelease(here, host));
        assert.equal(await runningDigest(here, "staging", "api"), (await referenceOf(here, `truealpha/api:${version}`)).split("@")[1]);
      }
    });
    assert.equal(releases.size, 5);
    assert.equal(seen.all.failed, 0, JSON.stringify(seen, null, 2));
    // A load that saw one release only would have measured nothing.
    assert.ok(seen.all.releases.length >= 5, `releases seen by visitors: ${seen.all.releases.length}`);
    for (const [name, { requests }] of Object.entries(seen.classes)) assert.ok(requests > 500, `${name}: only ${requests} requests`);
  });

  it("keeps an uploaded file over a rollout", async () => {
    const content = "kept over rollouts\n";
    const upload = await ask(here, host, {
      method: "PUT",
      path: "/upload?name=kept.txt",
      body: content,
      headers: { "content-type": "text/plain" },
    });
    assert.ok(upload.status >= 200 && upload.status < 300, `${upload.status}: ${upload.body}`);
    const before = await publicRelease(here, host);
    await publish(here, "v7");
    await pulumi.ok("up", "--yes", "--skip-preview");
    assert.notEqual(await publicRelease(here, host), before);
    assert.equal((await ask(here, host, { path: "/files/kept.txt" })).body, content);
  });
});
