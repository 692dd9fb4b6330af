import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../../host/ending.ts";
import { writeRouterFile } from "../../../host/ingress/routerFile.ts";
import { routerFileText } from "../../../host/ingress/routing.ts";
import { newCourse, newTarget, oldTarget, routing } from "../../../host/rollout/attempt.ts";
import { deployed, onwards, refused, servesSentence, undone } from "../../../host/rollout/conclude.ts";
import { readCurrent } from "../../../host/state/current.ts";
import { readHistory } from "../../../host/state/history.ts";
import { readJournal, writeJournal } from "../../../host/state/journal.ts";
import type { Journal } from "../../../host/state/journal.ts";
import { writeReleases } from "../../../host/state/releases.ts";
import type { ReleaseRecord } from "../../../host/state/releases.ts";
import { current, journal, manifest, rolloutRequest } from "../fixtures.ts";
import { attemptOn, bothColours, testContext } from "./world.ts";
import type { TestContext } from "./world.ts";

describe("host/rollout/conclude: the last words", () => {
  const clock = { now: () => new Date(0), elapsed: () => 0, pause: () => Promise.resolve() };
  const sentence = (doubt: string | undefined): string =>
    servesSentence({ instance: "shop-prod", release: "r2", manifest: manifest(), course: { ...newCourse({ clock }), doubt } });

  it("say that the public name could not confirm it", () => {
    const { version } = manifest().provenance;
    assert.equal(sentence(undefined), `shop-prod serves r2 (version ${version})`);
    assert.equal(
      sentence("status 503, before the switch too"),
      `shop-prod serves r2 (version ${version}), not confirmed through the public name (status 503, before the switch too)`,
    );
  });

  it("say after a rollback, and only then, how to go forward", () => {
    assert.equal(onwards({ request: "rollout", manifest: manifest() }), "");
    assert.equal(
      onwards({ request: "rollback", manifest: manifest() }),
      "; Pulumi does not know of it: to go forward promote another build, or raise apps.shop.epoch for the same one",
    );
  });
});

describe("host/rollout/conclude: what an attempt leaves", () => {
  let context: TestContext;
  const failure = new Failure("aborted", "smoke_failed", "graphql answers: status 500");
  const reports = (): string => join(context.paths.instance("shop-prod"), "reports");
  const failed = async () => {
    const entry = journal({ phase: "smoke" });
    await writeJournal(context.paths, entry);
    return await undone({ ...(await attemptOn(context)), journal: entry }, failure);
  };
  /** As a full disk answers: the report is the first to ask for the time once everything has been put back. */
  const fullDisk = (): TestContext => {
    const now = (): Date => {
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    return { ...context, clock: { ...context.clock, now } };
  };

  beforeEach(async () => {
    context = await testContext();
    bothColours(context.docker);
    context.docker.version = () => Promise.resolve({ version: "26.1.5", apiVersion: "1.45", os: "linux", architecture: "amd64" });
    context.docker.logTail = () => Promise.resolve([]);
  });

  it("says what the old release lacks where somebody removed a container of it by hand", async () => {
    context.docker.list.delete("shop-prod-blue-api-1");
    assert.equal((await failed()).kind, "failed");
    const lack =
      "is not whole: api: 0 of 1 running; to make it whole roll out another build, roll back, or raise apps.shop.epoch for the same one";
    assert.ok(context.lines.includes(`${current().release} ${lack}`), context.lines.join("\n"));
  });

  it("keeps its journal until the report is written, so that a crash in between is concluded later", async () => {
    await mkdir(context.paths.instance("shop-prod"), { recursive: true });
    await writeFile(reports(), "in the way");
    await assert.rejects(failed());
    assert.equal((await readJournal(context.paths, "shop-prod"))?.phase, "smoke");
    assert.equal(context.docker.list.has("shop-prod-green-api-1"), false, "it was not taken back");

    await rm(reports());
    assert.equal((await failed()).kind, "failed");
    assert.equal(await readJournal(context.paths, "shop-prod"), undefined);
    const report = JSON.parse(await readFile(join(reports(), "2.json"), "utf8")) as { code: string };
    assert.equal(report.code, "smoke_failed");
    assert.equal((await readHistory(context.paths, "shop-prod")).length, 1);
  });

  it("is told as what it was though there is no room for its report, which comes later", async () => {
    const attempt = await attemptOn(context);
    context = fullDisk();
    const entry = journal({ phase: "smoke" });
    await writeJournal(context.paths, entry);
    const ending = await undone({ ...attempt, context, journal: entry }, failure);
    assert.deepEqual(
      [ending.kind, "outcome" in ending && ending.outcome, "code" in ending && ending.code],
      ["failed", "aborted", "smoke_failed"],
    );
    assert.ok(context.lines.includes("no report: Error: ENOSPC: no space left on device, write"), context.lines.join("\n"));
    assert.equal((await readJournal(context.paths, "shop-prod"))?.phase, "smoke");
  });

  it("is deployed also where there is no room for its report, which comes later", async () => {
    const strategy = { ...manifest().release.strategy, drainSeconds: 0 };
    const attempt = { ...(await attemptOn(context)), manifest: manifest({ strategy }), journal: journal({ phase: "record" }) };
    context = fullDisk();
    const ending = await deployed({ ...attempt, context });
    assert.equal(ending.kind, "succeeded");
    assert.ok(context.lines.includes("no report: Error: ENOSPC: no space left on device, write"), context.lines.join("\n"));
    assert.equal((await readJournal(context.paths, "shop-prod"))?.phase, "retire");
  });

  describe("of a rollback whose target serves, while Docker was restarted,", () => {
    const unreachable = new Failure("aborted", "docker_unreachable", "Docker's event stream ended");
    const { manifest: shop, epoch } = rolloutRequest();
    const record: ReleaseRecord = {
      release: "sha-abcdef2__20261121T110000Z",
      releaseId: "2".repeat(64),
      rollout: 2,
      seal: "3".repeat(64),
      version: "1.0.0",
      commit: "abcdef2",
      secrets: null,
      proven: true,
      before: null,
    };
    const order = {
      request: "rollback",
      manifest: shop,
      epoch,
      releaseId: "2".repeat(64),
      record,
      reason: "slow",
      requestedBy: "ann",
    } as const;
    const failedIn = async (phase: Journal["phase"]) => {
      await writeReleases(context.paths, "shop-prod", [record]);
      const entry = journal({ phase, request: "rollback" });
      await writeJournal(context.paths, entry);
      const attempt = { ...(await attemptOn(context)), order, journal: entry, servedAt: 0 };
      for (const { id } of attempt.members) context.docker.change(id, { status: "running", running: true, health: "healthy" });
      const before = { ...context.docker };
      let answers = false;
      context.docker.subscribe = (labels) => (answers ? before.subscribe(labels) : Promise.reject(unreachable));
      context.docker.version = async () => {
        const answer = await before.version();
        answers = true;
        return answer;
      };
      return await undone(attempt, unreachable);
    };

    it("is completed once Docker is back", async () => {
      const ending = await failedIn("settle");
      assert.deepEqual([ending.kind, "outcome" in ending && ending.outcome], ["failed", "rollback_failed"]);
      const now = await readCurrent(context.paths, "shop-prod");
      assert.deepEqual([now?.release, now?.colour], [record.release, "green"]);
      assert.equal(context.docker.list.has("shop-prod-blue-api-1"), false);
      assert.equal(await readJournal(context.paths, "shop-prod"), undefined);
    });

    it("is told as what it is when Docker does not come back, and left to the next request", async () => {
      let minutes = 0;
      const clock = { ...context.clock, elapsed: () => (minutes += 1) * 60_000, pause: () => Promise.resolve() };
      context = { ...context, clock };
      context.docker.version = () => Promise.reject(unreachable);
      const ending = await failedIn("settle");
      assert.deepEqual(
        [ending.kind, "outcome" in ending && ending.outcome, "serving" in ending && ending.serving],
        ["failed", "rollback_failed", record.release],
      );
      assert.equal((await readJournal(context.paths, "shop-prod"))?.phase, "settle");
      assert.deepEqual(
        (await readHistory(context.paths, "shop-prod")).map(({ action, outcome }) => [action, outcome]),
        [["rollback", "rollback_failed"]],
      );
    });
  });

  it("says that the old release serves when it failed before the switch and could not be taken back", async () => {
    const attempt = await attemptOn(context);
    // As smoke leaves it: the public has the old colour, the candidate only who knows the token.
    const routes = routing(attempt, { serving: oldTarget(attempt), candidate: newTarget(attempt) });
    await writeRouterFile(context.paths, "shop-prod", routerFileText(routes));
    context.docker.change("shop-prod-blue-api-1", { status: "exited", running: false, exitCode: 1 });
    const ending = await undone({ ...attempt, journal: journal({ phase: "smoke" }) }, failure);
    assert.equal("outcome" in ending && ending.outcome, "rollback_failed");
    assert.equal("serving" in ending && ending.serving, current().release);
  });

  it("does not say that nothing serves where the record of what runs cannot be read", async () => {
    await mkdir(context.paths.currentRecords, { recursive: true });
    await writeFile(context.paths.current("shop-prod"), "torn");
    const { manifest: shop, epoch } = rolloutRequest();
    const order = { request: "rollout", manifest: shop, epoch, releaseId: "1".repeat(64) } as const;
    const unreadable = new Failure("refused", "state_unreadable", "it is torn");
    const ending = await refused(order, newCourse(context), unreadable, context);
    assert.deepEqual(ending, { kind: "failed", outcome: "refused", code: "state_unreadable", what: "it is torn" });
  });

  it("of a full disk before anything ran is an aborted attempt, not a fault of the tool", async () => {
    const { manifest: shop, epoch } = rolloutRequest();
    const order = { request: "rollout", manifest: shop, epoch, releaseId: "1".repeat(64) } as const;
    const course = newCourse(context);
    context = fullDisk();
    const ending = await refused(order, course, new Error("ENOSPC: no space left on device, mkdir"), context);
    assert.deepEqual(ending, {
      kind: "failed",
      outcome: "aborted",
      code: "disk_low",
      what: "Error: ENOSPC: no space left on device, mkdir",
      serving: null,
    });
  });
});
