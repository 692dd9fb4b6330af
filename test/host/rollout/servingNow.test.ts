import assert from "node:assert/strict";
import { releaseId } from "../../../contract/index.ts";
import type { Colour, Release } from "../../../contract/index.ts";
import { writeRouterFile } from "../../../host/ingress/routerFile.ts";
import { routerFileText, targetOf } from "../../../host/ingress/routing.ts";
import { writeRelease } from "../../../host/release/releaseDirectory.ts";
import { servingNow, servingWord } from "../../../host/rollout/servingNow.ts";
import { writeCurrent } from "../../../host/state/current.ts";
import { writeJournal } from "../../../host/state/journal.ts";
import type { Journal } from "../../../host/state/journal.ts";
import { writeReleases } from "../../../host/state/releases.ts";
import { current, journal, manifest } from "../fixtures.ts";
import { testContext } from "./world.ts";
import type { TestContext } from "./world.ts";

describe("host/rollout/servingNow", () => {
  let context: TestContext;
  let names: [old: string, next: string];

  /** Two releases on the disk, blue recorded as what runs. */
  const two = async (changes: Partial<Release> = {}): Promise<void> => {
    const shop = manifest(changes);
    const known = [1, 2].map(async (rollout) => {
      const { release, seal } = await writeRelease(context.paths, shop, new Date(Date.UTC(2026, 10, 21, 10, rollout)));
      const rest = { version: "1.0.0", commit: "abcdef1", secrets: null, proven: rollout === 1, before: null };
      return { release, releaseId: releaseId(shop), rollout, seal, ...rest };
    });
    const records = await Promise.all(known);
    await writeReleases(context.paths, "shop-prod", records);
    names = [records[0]?.release ?? "", records[1]?.release ?? ""];
    await writeCurrent(context.paths, current({ release: names[0] }));
  };
  const unfinished = (phase: Journal["phase"], changes: Partial<Journal> = {}): Promise<void> =>
    writeJournal(
      context.paths,
      journal({ phase, request: "rollback", release: names[1], before: current({ release: names[0] }), ...changes }),
    );
  const route = (colour: Colour): Promise<void> => {
    const serving = targetOf(manifest(), releaseId(manifest()), colour);
    return writeRouterFile(
      context.paths,
      "shop-prod",
      routerFileText({ instance: "shop-prod", serving, candidate: undefined, token: "t" }),
    );
  };
  const word = (): Promise<string | null> => servingWord(context.paths, "shop-prod");

  beforeEach(async () => {
    context = await testContext();
  });

  it("is what is recorded, where nothing is unfinished", async () => {
    assert.equal(await word(), null);
    await two();
    assert.equal(await word(), names[0]);
    const now = await servingNow(context.paths, "shop-prod");
    assert.deepEqual([now.since, now.version, now.unfinished], ["2026-11-21T10:00:00.000Z", "1.0.0", null]);
  });

  it("is where the routes lead, for an attempt that ended after the switch", async () => {
    await two();
    await unfinished("settle");
    await route("green");
    assert.equal(await word(), names[1]);
    const now = await servingNow(context.paths, "shop-prod");
    assert.deepEqual(now.serving?.colour, "green");
    assert.deepEqual(now.unfinished, { request: "rollback", rollout: 2, phase: "settle", release: names[1] });
    await route("blue");
    assert.equal(await word(), names[0]);
  });

  it("is the old one until the switch, whatever the routes say", async () => {
    await two();
    await unfinished("smoke");
    assert.equal(await word(), names[0]);
    await unfinished("smoke", { before: null });
    assert.equal(await word(), null);
  });

  it("is said to be unknown where the routes lead to neither, or the attempt's release cannot be read", async () => {
    await two();
    await unfinished("settle");
    assert.equal(await word(), `unknown (rollback 2 to ${names[1]} is in settle, under way or interrupted)`);
    await unfinished("settle", { release: "gone" });
    await route("green");
    assert.equal(await word(), "unknown (rollback 2 to gone is in settle, under way or interrupted)");
  });

  it("goes by the phase where there are no routes", async () => {
    await two({ routes: [] });
    await unfinished("handover");
    assert.match((await word()) ?? "", /^unknown/);
    await unfinished("record");
    assert.equal(await word(), names[1]);
  });
});
