import assert from "node:assert/strict";
import fc from "fast-check";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { phases } from "../../../contract/index.ts";
import { hostPaths } from "../../../host/paths.ts";
import type { HostPaths } from "../../../host/paths.ts";
import { nextNumber } from "../../../host/state/counter.ts";
import { currentInstances, readCurrent, writeCurrent } from "../../../host/state/current.ts";
import { readJournal, removeJournal, writeJournal } from "../../../host/state/journal.ts";
import { claimInstance, readOwner } from "../../../host/state/owner.ts";
import { current, journal } from "../fixtures.ts";

describe("host/state", () => {
  let paths: HostPaths;
  beforeEach(async () => (paths = hostPaths(await mkdtemp(join(tmpdir(), "terrace-state-")))));
  afterEach(() => rm(paths.root, { recursive: true }));

  it("counts attempts, and does not begin anew when the count is damaged", async () => {
    assert.deepEqual([await nextNumber(paths, "shop-prod"), await nextNumber(paths, "shop-prod")], [1, 2]);
    assert.equal(await nextNumber(paths, "other-prod"), 1);
    for (const damaged of ["", "-1\n", "2", "two\n", "2\n3\n"]) {
      await writeFile(join(paths.instance("shop-prod"), "counter"), damaged);
      await assert.rejects(nextNumber(paths, "shop-prod"), { code: "state_unreadable" }, JSON.stringify(damaged));
    }
  });

  it("keeps a journal as it was written, in every phase", async () => {
    const arbitrary = fc.record({
      phase: fc.constantFrom(...phases),
      reason: fc.option(fc.string({ unit: "binary" }).filter((text) => text.isWellFormed())),
      routerFile: fc.option(fc.string()),
      rollout: fc.integer({ min: 1 }),
      before: fc.constantFrom(null, current()),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async (changes) => {
        await writeJournal(paths, journal(changes));
        assert.deepEqual(await readJournal(paths, "shop-prod"), journal(changes));
      }),
      { numRuns: 50 },
    );
    await removeJournal(paths, "shop-prod");
    assert.equal(await readJournal(paths, "shop-prod"), undefined);
  });

  it("never takes a torn record for an absent one, wherever it is torn", async () => {
    await writeCurrent(paths, current());
    const whole = await readFile(paths.current("shop-prod"), "utf8");
    for (let length = 0; length < whole.length - 1; length += 1) {
      await writeFile(paths.current("shop-prod"), whole.slice(0, length));
      await assert.rejects(readCurrent(paths, "shop-prod"), { name: "Failure", code: "state_unreadable" }, `${length} characters`);
    }
  });

  it("lists the instances that serve", async () => {
    assert.deepEqual(await currentInstances(paths), []);
    await writeCurrent(paths, current());
    await writeCurrent(paths, current({ instance: "blog-prod" }));
    await writeFile(join(paths.currentRecords, ".half.tmp"), "");
    assert.deepEqual(await currentInstances(paths), ["blog-prod", "shop-prod"]);
  });

  it("gives an instance to who asks first, and to nobody else", async () => {
    const context = {
      paths,
      actor: { user: "deploy-prod", key: null },
      clock: { now: () => new Date("2026-11-21T10:00:00Z"), elapsed: () => 0, pause: () => Promise.resolve() },
    };
    const owner = { project: "shop", stack: "prod" };
    await claimInstance(context, "shop-prod", owner);
    const record = { owner, claimedAt: "2026-11-21T10:00:00.000Z", claimedBy: context.actor };
    assert.deepEqual(await readOwner(paths, "shop-prod"), record);
    await claimInstance(context, "shop-prod", owner);
    for (const other of [
      { project: "shop", stack: "staging" },
      { project: "blog", stack: "prod" },
    ]) {
      await assert.rejects(claimInstance(context, "shop-prod", other), {
        outcome: "refused",
        code: "owner_mismatch",
        message: `shop-prod belongs to stack "prod" of project "shop", not to "${other.stack}" of "${other.project}"`,
      });
    }
    assert.deepEqual(await readOwner(paths, "shop-prod"), record);
  });

  it("does not give an instance away because its owner cannot be read", async () => {
    await mkdir(paths.instance("shop-prod"), { recursive: true });
    await writeFile(join(paths.instance("shop-prod"), "owner.json"), '{"owner":{}}');
    const context = {
      paths,
      actor: { user: "x", key: null },
      clock: { now: () => new Date(), elapsed: () => 0, pause: () => Promise.resolve() },
    };
    await assert.rejects(claimInstance(context, "shop-prod", { project: "a", stack: "prod" }), {
      code: "state_unreadable",
      message: /owner\.json: /,
    });
  });
});
