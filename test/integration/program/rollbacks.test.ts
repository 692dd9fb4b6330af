import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { shell } from "../../../sandbox/index.ts";
import { ask } from "../support/ask.ts";
import { cutOff, type Laptop, operatorsLaptop } from "../support/laptop.ts";
import type { Pulumi } from "../support/pulumi.ts";
import { hasten, publicRelease, publish, referenceOf, runningDigest } from "../support/release.ts";
import { world, type World } from "../support/world.ts";

const host = "api.staging.truealpha.test";
const file = { name: "kept-on-the-way-back.txt", content: "kept over rollouts and rollbacks\n" };

/** What Docker and the public name say, whatever anybody asked for. */
interface Seen {
  readonly digest: string;
  readonly release: string;
}

describe("the way back", () => {
  let here: World;
  let pulumi: Pulumi;
  let laptop: Laptop;
  let earlier: Seen;

  const seen = async (): Promise<Seen> => ({
    digest: await runningDigest(here, "staging", "api"),
    release: await publicRelease(here, host),
  });
  const rollOut = async (tag: string): Promise<Seen> => {
    const before = await seen();
    await publish(here, tag);
    await pulumi.ok("up", "--yes", "--skip-preview");
    const after = await seen();
    assert.equal(after.digest, (await referenceOf(here, `truealpha/api:${tag}`)).split("@")[1]);
    assert.notEqual(after.release, before.release);
    return after;
  };
  const assertFileIsThere = async (): Promise<void> => {
    const { status, body } = await ask(here, host, { path: `/files/${file.name}` });
    assert.deepEqual({ status, body }, { status: 200, body: file.content });
  };

  before(async () => {
    here = await world();
    pulumi = await here.pulumi("staging");
    laptop = await operatorsLaptop(here);
    await hasten(here, "staging");
    await pulumi.ok("up", "--yes", "--skip-preview");
    earlier = await seen();
    const { status, body } = await ask(here, host, { method: "PUT", path: `/upload?name=${file.name}`, body: file.content });
    assert.equal(status, 201, body);
  });
  after(() => laptop.close());

  it("typed on the server leads to the earlier release, and an uploaded file is still there", async () => {
    await rollOut("v21");
    await assertFileIsThere();
    const typed = await shell(here.sandbox.server("staging"), "/opt/terrace/bin/terrace rollback truealpha-staging --reason 'orders fail'");
    assert.equal(typed.exitCode, 0, typed.stderr);
    assert.match(
      typed.stderr,
      /==> deployed: truealpha-staging serves sha-.*; Pulumi does not know of it: to go forward promote another build/,
    );
    assert.deepEqual(await seen(), earlier);
    await assertFileIsThere();
  });

  it("from an operator's laptop needs no secret store, no registry and no state of Pulumi", async () => {
    await rollOut("v22");
    await cutOff(here, async () => {
      assert.notEqual((await pulumi.run("preview")).exitCode, 0, "the outage is none");
      const asked = await laptop.terrace("rollback", "staging", "truealpha", "--reason", "it's 3 o'clock; $HOME");
      assert.equal(asked.exitCode, 0, asked.stderr);
      // What the first rollback took back stays behind: the release before this one is the one that ran before it.
      assert.deepEqual(await seen(), earlier);
      const history = await laptop.terrace("history", "staging", "truealpha", "--limit", "1");
      assert.match(history.stdout, /rollback.*operator/, history.stderr);
    });
    await assertFileIsThere();
  });

  it("by `promote`, commit and `git revert` is one more `up`", async () => {
    const stackFile = "Pulumi.staging.yaml";
    const asItWas = await here.checkout.read(stackFile);
    const promote = async (tag: string): Promise<Seen> => {
      await publish(here, tag);
      await promisify(execFile)("npm", ["run", "promote", "--", "staging", "--digests", "image-digests.json"], {
        cwd: here.checkout.directory,
      });
      await here.checkout.git("commit", "-q", "-m", `Release ${tag}`, "--", stackFile);
      return rollOut(tag);
    };
    try {
      const promoted = await promote("v23");
      await promote("v24");
      await here.checkout.git("revert", "--no-edit", "HEAD");
      await pulumi.ok("up", "--yes", "--skip-preview");
      assert.deepEqual(await seen(), promoted);
      await assertFileIsThere();
    } finally {
      // The files after this one publish builds again.
      await here.checkout.write(stackFile, asItWas);
    }
  });
});
