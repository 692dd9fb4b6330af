import assert from "node:assert/strict";
import { handOver } from "../../../host/rollout/handover.ts";
import { attemptOn, bothColours, testContext } from "./world.ts";
import type { TestContext } from "./world.ts";

describe("host/rollout/handover", () => {
  let context: TestContext;
  let together: string[][];
  beforeEach(async () => {
    context = await testContext();
    bothColours(context.docker);
    together = [];
    context.docker.onChange = (running) => together.push(running.filter((name) => name.includes("-beat-")));
  });

  const callsFor = (service: string): string[] => context.docker.calls.filter((call) => call.endsWith(`-${service}-1`));

  it("ends the old one first, policy before stop, and guards the new one once it is well", async () => {
    const note = await handOver(await attemptOn(context));
    for (const service of ["beat", "worker"]) {
      assert.deepEqual(callsFor(service), [
        `policy no shop-prod-blue-${service}-1`,
        `stop shop-prod-blue-${service}-1`,
        `start shop-prod-green-${service}-1`,
        `policy unless-stopped shop-prod-green-${service}-1`,
      ]);
    }
    assert.match(note, /^2 started, 2 ended; beat: none ran for -?\d+\.\d\d s$/);
    assert.deepEqual(callsFor("api"), []);
  });

  it("never has two of a singleton, at any change of any container", async () => {
    await handOver(await attemptOn(context));
    assert.ok(together.length > 4);
    for (const running of together) assert.ok(running.length <= 1, running.join(" and "));
  });

  it("ends a singleton that the new release has no more", async () => {
    const attempt = await attemptOn(context);
    const members = attempt.members.filter(({ service }) => service !== "beat");
    assert.equal(await handOver({ ...attempt, members }), "1 started, 2 ended");
    assert.equal(context.docker.list.get("shop-prod-blue-beat-1")?.running, false);
  });

  it("starts them in a first release, where nothing ran before", async () => {
    const attempt = await attemptOn(context);
    assert.equal(await handOver({ ...attempt, before: undefined }), "2 started, 0 ended; beat: ran nowhere before");
  });

  it("does not start a new singleton while an old one will not end", async () => {
    context.docker.stop = (id) => {
      context.docker.calls.push(`stop ${id}`);
      return Promise.resolve();
    };
    await assert.rejects(handOver(await attemptOn(context)), { message: /shop-prod-blue-\w+-1: still runs after it was stopped/ });
    assert.deepEqual(
      callsFor("beat").filter((call) => call.startsWith("start")),
      [],
    );
  });

  it("fails with the reason of a new worker that ends at once", async () => {
    context.docker.change("shop-prod-green-worker-1", { exitCode: 3 });
    await assert.rejects(handOver(await attemptOn(context)), {
      name: "Failure",
      code: "container_exited",
      message: "worker: exited with code 3",
    });
    // Both sides of the hand-over have come to rest before anybody takes it back.
    assert.equal(context.docker.list.get("shop-prod-green-beat-1")?.health, "healthy");
  });
});
