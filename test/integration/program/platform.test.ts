import assert from "node:assert/strict";
import { shellOutput } from "../../../sandbox/index.ts";
import { ask } from "../support/ask.ts";
import type { Pulumi } from "../support/pulumi.ts";
import { hasten, publicRelease } from "../support/release.ts";
import { world, type World } from "../support/world.ts";

const host = "api.staging.truealpha.test";
const stackFile = "Pulumi.staging.yaml";

describe("a platform that is applied again by force", () => {
  let here: World;
  let pulumi: Pulumi;
  let fileBefore: string;

  const on = (command: string): Promise<string> => shellOutput(here.sandbox.server("staging"), command);
  /** What a person does who wants the server looked at: a no-op `up` does not look. */
  const upWithEpoch = async (epoch: number): Promise<string> => {
    await here.checkout.write(stackFile, fileBefore.replace("    mode: own\n", `    mode: own\n    epoch: ${epoch}\n`));
    return (await pulumi.ok("up", "--yes", "--skip-preview")).output;
  };
  const containers = (): Promise<string> => on("docker ps --no-trunc --quiet --filter label=dev.terrace.instance | sort");

  before(async () => {
    here = await world();
    pulumi = await here.pulumi("staging");
    await hasten(here, "staging");
    fileBefore = await here.checkout.read(stackFile);
    await pulumi.ok("up", "--yes", "--skip-preview");
  });
  after(() => here.checkout.write(stackFile, fileBefore));

  it("says that every item is as it should be, and touches nothing else", async () => {
    const before = [await containers(), await publicRelease(here, host)];
    const output = await upWithEpoch(2);
    assert.match(output, /platform-items updat.* ==> unchanged: all \d+ items are as they should be$/m);
    assert.doesNotMatch(output, /truealpha-(?:rollout|data-services|secrets-sealed) (?:updat|creat|replac|delet)/);
    assert.deepEqual([await containers(), await publicRelease(here, host)], before);
  });

  it("repairs exactly the three items that were damaged by hand, and names them", async () => {
    const before = await containers();
    const [keys, rules] = ["/home/deploy-staging/.ssh/authorized_keys", "/etc/sudoers.d/terrace"];
    const look = (): Promise<string> => on(`stat --format '%a %U %n' ${keys} ${rules}; cat ${keys} ${rules}`);
    const looked = await look();
    await on(`rm ${keys}; echo 'deploy-staging ALL=(ALL) NOPASSWD: ALL' >> ${rules}; docker rm --force terrace-ingress`);
    assert.notEqual((await ask(here, host, { path: "/__release" })).status, 200, "the damage does not show");

    const output = await upWithEpoch(3);
    assert.match(output, /==> done: 3 of \d+ items touched; repaired: keys of deploy-staging, sudo rules, ingress$/m);
    for (const fault of [`keys of deploy-staging: ${keys} is absent`, `sudo rules: ${rules} has other content`, "ingress: absent"])
      assert.ok(output.includes(`==> ${fault}`), `${fault}\n${output}`);
    assert.equal(await look(), looked);
    assert.equal(await containers(), before);
    assert.equal((await ask(here, host, { path: "/__release" })).status, 200);
    assert.match(await upWithEpoch(4), /==> unchanged: all \d+ items are as they should be$/m);
  });
});
