import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { releaseId } from "../../../contract/index.ts";
import type { Release } from "../../../contract/index.ts";
import { readRouterFile, writeRouterFile } from "../../../host/ingress/routerFile.ts";
import { routerFileText, targetOf } from "../../../host/ingress/routing.ts";
import { writeRelease } from "../../../host/release/releaseDirectory.ts";
import { reconcile } from "../../../host/rollout/reconcile.ts";
import { readCurrent, writeCurrent } from "../../../host/state/current.ts";
import { appendHistory, readHistory } from "../../../host/state/history.ts";
import { readJournal, writeJournal } from "../../../host/state/journal.ts";
import type { Journal } from "../../../host/state/journal.ts";
import { readReleases, writeReleases } from "../../../host/state/releases.ts";
import { current, journal, manifest } from "../fixtures.ts";
import { bothColours, testContext } from "./world.ts";
import type { TestContext } from "./world.ts";

describe("host/rollout/reconcile", () => {
  let context: TestContext;

  /** `count` releases on the disk, all proven but the last one, which is under way. */
  const releases = async (count: number, changes: Partial<Release>): Promise<{ readonly before: string; readonly next: string }> => {
    const shop = manifest(changes);
    const names: string[] = [];
    for (let number = 1; number <= count; number += 1) {
      const { release, seal } = await writeRelease(context.paths, shop, new Date(Date.UTC(2026, 10, 21, 10, number)));
      const record = {
        release,
        releaseId: releaseId(shop),
        rollout: number,
        seal,
        version: "1.0.0",
        commit: "abcdef1",
        secrets: null,
        proven: number < count,
        before: names.at(-1) ?? null,
      };
      await writeReleases(context.paths, "shop-prod", [...(await readReleases(context.paths, "shop-prod")), record]);
      names.push(release);
    }
    return { before: names.at(-2) ?? "", next: names.at(-1) ?? "" };
  };
  const interrupted = async (
    phase: Journal["phase"],
    count = 2,
    changes: Partial<Release> = {},
  ): Promise<{ readonly before: string; readonly next: string }> => {
    const names = await releases(count, changes);
    const before = current({ release: names.before, rollout: count - 1 });
    await writeCurrent(context.paths, before);
    const next = { release: names.next, releaseId: releaseId(manifest(changes)) };
    await writeJournal(context.paths, journal({ phase, ...next, rollout: count, before }));
    return names;
  };

  beforeEach(async () => {
    context = await testContext();
    bothColours(context.docker);
  });

  it("does nothing where nothing was interrupted", async () => {
    await reconcile("shop-prod", context);
    assert.deepEqual([context.docker.calls, context.lines], [[], []]);
  });

  for (const [phase, outcome] of [
    ["pull", "aborted"],
    ["health", "aborted"],
    ["switch", "rolled_back"],
    ["handover", "rolled_back"],
  ] as const) {
    it(`takes back what was interrupted in ${phase}, and writes it down as ${outcome}`, async () => {
      const { before, next } = await interrupted(phase);
      await reconcile("shop-prod", context);
      assert.equal((await readCurrent(context.paths, "shop-prod"))?.release, before);
      assert.equal(context.docker.list.has("shop-prod-green-api-1"), false);
      assert.equal(context.docker.list.get("shop-prod-blue-api-1")?.running, true);
      const [entry] = await readHistory(context.paths, "shop-prod");
      assert.deepEqual([entry?.rollout, entry?.release, entry?.outcome, entry?.code], [2, next, outcome, "interrupted"]);
      assert.equal(await readJournal(context.paths, "shop-prod"), undefined);
    });
  }

  const leadTo = async (colour: "blue" | "green"): Promise<void> => {
    const serving = targetOf(manifest(), releaseId(manifest()), colour);
    const text = routerFileText({ instance: "shop-prod", serving, candidate: undefined, token: "t" });
    await writeRouterFile(context.paths, "shop-prod", text);
  };

  for (const phase of ["record", "retire"] as const) {
    it(`completes what was interrupted in ${phase}`, async () => {
      const { next } = await interrupted(phase);
      await leadTo("green");
      await reconcile("shop-prod", context);
      const now = await readCurrent(context.paths, "shop-prod");
      assert.deepEqual([now?.release, now?.colour, now?.rollout], [next, "green", 2]);
      assert.equal((await readReleases(context.paths, "shop-prod")).at(-1)?.proven, true);
      assert.equal(context.docker.list.has("shop-prod-blue-api-1"), false);
      assert.equal((await readHistory(context.paths, "shop-prod"))[0]?.outcome, "deployed");
      assert.equal(await readJournal(context.paths, "shop-prod"), undefined);
    });
  }

  it("takes back what could not be recorded and was half way back: the public has the old release", async () => {
    const { before } = await interrupted("record");
    await leadTo("blue");
    await reconcile("shop-prod", context);
    assert.equal((await readCurrent(context.paths, "shop-prod"))?.release, before);
    assert.equal(context.docker.list.get("shop-prod-blue-api-1")?.running, true);
    assert.equal(context.docker.list.has("shop-prod-green-api-1"), false);
    const [entry] = await readHistory(context.paths, "shop-prod");
    assert.deepEqual([entry?.outcome, entry?.code], ["rolled_back", "interrupted"]);
  });

  for (const [what, guarded, colour] of [
    ["completes a release without routes that was interrupted in record", true, "green"],
    ["takes a release without routes back that could not be recorded, once it has begun to end", false, "blue"],
  ] as const) {
    it(what, async () => {
      await interrupted("record", 2, { routes: [] });
      for (const service of ["api", "beat", "worker"])
        context.docker.change(`shop-prod-green-${service}-1`, { restartPolicy: guarded || service !== "beat" ? "unless-stopped" : "no" });
      await reconcile("shop-prod", context);
      assert.equal((await readCurrent(context.paths, "shop-prod"))?.colour, colour);
      const left = [...context.docker.list.values()].map(({ labels }) => labels["dev.terrace.part"] ?? "");
      assert.deepEqual([...new Set(left)].sort(), [colour, "ingress"].sort());
    });
  }

  it("completes a rollback whose target serves: the public never gets back what somebody took from it", async () => {
    const { next } = await interrupted("settle");
    const noted = (await readJournal(context.paths, "shop-prod")) ?? assert.fail();
    await writeJournal(context.paths, { ...noted, request: "rollback" });
    const serving = targetOf(manifest(), noted.releaseId, "green");
    const text = routerFileText({ instance: "shop-prod", serving, candidate: undefined, token: "t" });
    await writeRouterFile(context.paths, "shop-prod", text);
    context.docker.change("shop-prod-green-api-1", { running: true, status: "running", health: "healthy" });

    await reconcile("shop-prod", context);
    assert.equal(await readRouterFile(context.paths, "shop-prod"), text);
    const now = await readCurrent(context.paths, "shop-prod");
    assert.deepEqual([now?.release, now?.colour], [next, "green"]);
    for (const service of ["api", "worker", "beat"]) {
      const container = context.docker.list.get(`shop-prod-green-${service}-1`);
      assert.deepEqual([container?.running, container?.restartPolicy], [true, "unless-stopped"], service);
      assert.equal(context.docker.list.has(`shop-prod-blue-${service}-1`), false, service);
    }
    const calls = context.docker.calls.map(String);
    assert.ok(
      calls.findIndex((call) => /stop.*blue-beat/.test(call)) < calls.findIndex((call) => /start.*green-beat/.test(call)),
      calls.join(),
    );
    const [entry] = await readHistory(context.paths, "shop-prod");
    assert.deepEqual([entry?.action, entry?.outcome, entry?.code], ["rollback", "deployed", "rolled_back_as_asked"]);
    assert.equal(await readJournal(context.paths, "shop-prod"), undefined);
  });

  it("takes a rollback back that was interrupted before its target served", async () => {
    const { before } = await interrupted("switch");
    const noted = (await readJournal(context.paths, "shop-prod")) ?? assert.fail();
    await writeJournal(context.paths, { ...noted, request: "rollback" });
    await reconcile("shop-prod", context);
    assert.equal((await readCurrent(context.paths, "shop-prod"))?.release, before);
    assert.equal((await readHistory(context.paths, "shop-prod"))[0]?.outcome, "rolled_back");
  });

  for (const [phase, outcome] of [
    ["health", "aborted"],
    ["retire", "deployed"],
  ] as const) {
    it(`tells an attempt once that was killed in ${phase} between its report and the end of its journal`, async () => {
      await interrupted(phase);
      const noted = (await readJournal(context.paths, "shop-prod")) ?? assert.fail();
      await reconcile("shop-prod", context);
      await writeJournal(context.paths, noted);
      bothColours(context.docker);
      await reconcile("shop-prod", context);
      assert.deepEqual(
        (await readHistory(context.paths, "shop-prod")).map((entry) => [entry.rollout, entry.outcome]),
        [[2, outcome]],
      );
      assert.equal(await readJournal(context.paths, "shop-prod"), undefined);
    });
  }

  it("tells of an attempt again that could not be taken back before", async () => {
    const { next } = await interrupted("settle");
    const entry = {
      rollout: 2,
      action: "rollout",
      release: next,
      releaseId: null,
      version: null,
      note: "no",
      actor: context.actor,
    } as const;
    const failed = { ...entry, time: "2026-11-21T11:00:00.000Z", outcome: "rollback_failed", code: "rollback_incomplete" } as const;
    await appendHistory(context.paths, "shop-prod", "prod", failed);
    await reconcile("shop-prod", context);
    assert.deepEqual(
      (await readHistory(context.paths, "shop-prod")).map(({ outcome }) => outcome),
      ["rollback_failed", "rolled_back"],
    );
  });

  it("forgets releases beyond those that are kept, directory and record", async () => {
    await interrupted("retire", 13);
    await reconcile("shop-prod", context);
    const known = (await readReleases(context.paths, "shop-prod")).map(({ release }) => release);
    assert.equal(known.length, 10);
    assert.deepEqual((await readdir(context.paths.releases("shop-prod"))).sort(), [...known].sort());
  });

  it("keeps the journal and says that a person is needed when it cannot be taken back", async () => {
    await interrupted("settle");
    context.docker.change("shop-prod-blue-api-1", { running: false, status: "exited", exitCode: 1 });
    await assert.rejects(reconcile("shop-prod", context), {
      outcome: "rollback_failed",
      code: "rollback_incomplete",
      message: "rollout 2 was interrupted in settle and could not be taken back: Error: shop-prod-blue-api-1: exited with code 1",
    });
    assert.equal((await readJournal(context.paths, "shop-prod"))?.phase, "settle");
  });
});
