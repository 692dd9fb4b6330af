import assert from "node:assert/strict";
import { lstat, readFile, readlink } from "node:fs/promises";
import { phases } from "../../../contract/index.ts";
import { replaceLink } from "../../../host/files.ts";
import { ingressName } from "../../../host/ingress/api.ts";
import { writeRouterFile } from "../../../host/ingress/routerFile.ts";
import { takeBack } from "../../../host/rollout/takeBack.ts";
import { watchInstance } from "../../../host/rollout/watch.ts";
import { readCurrent, writeCurrent } from "../../../host/state/current.ts";
import { readJournal, writeJournal } from "../../../host/state/journal.ts";
import type { Journal } from "../../../host/state/journal.ts";
import { current, journal } from "../fixtures.ts";
import { bothColours, services, testContext } from "./world.ts";
import type { TestContext } from "./world.ts";

const oldFile = "http:\n  routers: {}\n  services: {}\n";

describe("host/rollout/takeBack", () => {
  let context: TestContext;
  beforeEach(async () => {
    context = await testContext();
    bothColours(context.docker);
  });

  const back = async (changes: Partial<Journal> = {}): Promise<string[]> => {
    const entry = journal({ routerFile: oldFile, ...changes });
    await writeJournal(context.paths, entry);
    const watch = await watchInstance(context, "shop-prod");
    await takeBack(entry, watch, context);
    watch.close();
    return context.docker.calls;
  };
  const runningNow = (): string[] =>
    [...context.docker.list.values()].filter(({ id, running }) => running && id !== ingressName).map(({ name }) => name);

  it("touches nothing of an old release that was never touched", async () => {
    await writeRouterFile(context.paths, "shop-prod", oldFile);
    const calls = await back();
    assert.deepEqual(
      calls.filter((call) => call.includes("-blue-")),
      [],
    );
    assert.deepEqual(context.confirmed, []);
    assert.deepEqual(
      [...context.docker.list.keys()].filter((name) => name.includes("-green-")),
      [],
    );
    assert.equal((await readJournal(context.paths, "shop-prod"))?.phase, "start", "the report comes first");
  });

  it("writes no file that is as it was: on a full disk an aborted attempt would be one that could not be taken back", async () => {
    const { paths } = context;
    await writeRouterFile(paths, "shop-prod", oldFile);
    await replaceLink(paths.stackLink("shop-prod"), paths.release("shop-prod", current().release));
    await writeCurrent(paths, current());
    const files = [paths.routerFile("shop-prod"), paths.stackLink("shop-prod"), paths.current("shop-prod")];
    const inodes = async (): Promise<number[]> => Promise.all(files.map(async (path) => (await lstat(path)).ino));
    const before = await inodes();
    await back();
    assert.deepEqual(await inodes(), before);
  });

  it("gives the public back first, and ends the new singleton before the old one starts", async () => {
    const { docker } = context;
    const order: string[] = [];
    await writeRouterFile(context.paths, "shop-prod", "http: {}\n");
    context.ingress.confirmed = (_instance, text) => {
      order.push(text === oldFile ? "routes" : "other routes");
      return Promise.resolve();
    };
    for (const service of ["beat", "worker"]) {
      docker.change(`shop-prod-blue-${service}-1`, { running: false, status: "exited", restartPolicy: "no" });
      docker.change(`shop-prod-green-${service}-1`, {
        running: true,
        status: "running",
        health: "healthy",
        restartPolicy: "unless-stopped",
      });
    }
    docker.change("shop-prod-blue-api-1", { restartPolicy: "no" });
    docker.onChange = (running) => assert.ok(running.filter((name) => name.includes("-beat-")).length <= 1, running.join());
    docker.calls.push = (...calls: string[]) => order.push(...calls);
    await back({ phase: "handover" });
    const place = (call: string): number => {
      const index = order.indexOf(call);
      assert.notEqual(index, -1, `${call} is not in ${order.join(", ")}`);
      return index;
    };
    assert.equal(place("policy unless-stopped shop-prod-blue-api-1"), 0);
    assert.ok(place("routes") < place("stop shop-prod-green-beat-1"));
    assert.ok(place("stop shop-prod-green-beat-1") < place("start shop-prod-blue-beat-1"));
    assert.ok(place("start shop-prod-blue-worker-1") < place("remove shop-prod-green-api-1"));
    assert.deepEqual(
      runningNow().sort(),
      ["api", "beat", "worker"].map((name) => `shop-prod-blue-${name}-1`),
    );
  });

  for (const phase of phases.slice(phases.indexOf("start"), phases.indexOf("record") + 1)) {
    it(`comes to the same from ${phase}, also when it is done twice or was itself interrupted`, async () => {
      await writeRouterFile(context.paths, "shop-prod", "http: {}\n");
      context.docker.change("shop-prod-blue-beat-1", { running: false, status: "exited" });
      await back({ phase });
      await back({ phase });
      for (const [service, role] of services) {
        const old = context.docker.list.get(`shop-prod-blue-${service}-1`);
        assert.deepEqual([old?.running, old?.restartPolicy], role === "job" ? [false, "no"] : [true, "unless-stopped"], service);
        assert.equal(context.docker.list.has(`shop-prod-green-${service}-1`), false);
      }
      assert.equal(await readFile(context.paths.routerFile("shop-prod"), "utf8"), oldFile);
      assert.equal(await readlink(context.paths.stackLink("shop-prod")), context.paths.release("shop-prod", current().release));
      assert.deepEqual(await readCurrent(context.paths, "shop-prod"), current());
    });
  }

  it("of a first release leaves nothing that serves", async () => {
    for (const name of [...context.docker.list.keys()]) if (name.includes("-blue-")) context.docker.list.delete(name);
    await writeRouterFile(context.paths, "shop-prod", oldFile);
    await back({ before: null, routerFile: null, phase: "settle" });
    assert.deepEqual([...context.docker.list.keys()], [ingressName]);
    await assert.rejects(readFile(context.paths.routerFile("shop-prod")), { code: "ENOENT" });
    await assert.rejects(readlink(context.paths.stackLink("shop-prod")), { code: "ENOENT" });
    assert.deepEqual(context.confirmed, [undefined]);
  });

  it("does not wait for an ingress that does not run: it will find the file when it starts", async () => {
    context.docker.change(ingressName, { running: false, status: "exited" });
    context.ingress.confirmed = () => Promise.reject(new Error("was asked"));
    await writeRouterFile(context.paths, "shop-prod", "http: {}\n");
    await back({ phase: "confirm" });
    assert.equal(await readFile(context.paths.routerFile("shop-prod"), "utf8"), oldFile);
    assert.ok(context.lines.includes("the ingress does not run; it takes the routes as they are now when it starts"));
  });

  it("does not quote what the old release's health check printed: nobody here knows which secrets are in it", async () => {
    context.docker.change("shop-prod-blue-api-1", { running: false, status: "exited" });
    context.docker.start = (id) => {
      context.docker.change(id, { status: "running", running: true, health: "unhealthy", healthLog: ["t exit 1: hunter2 is wrong"] });
      return Promise.resolve();
    };
    await assert.rejects(back({ phase: "settle" }), { message: "shop-prod-blue-api-1: its health check failed" });
  });

  it("keeps the journal, and the new colour, when the old release does not come back", async () => {
    context.docker.change("shop-prod-blue-api-1", { running: false, status: "exited", exitCode: 1 });
    await assert.rejects(back({ phase: "settle" }), { message: "shop-prod-blue-api-1: exited with code 1" });
    assert.equal((await readJournal(context.paths, "shop-prod"))?.phase, "settle");
    assert.equal(context.docker.list.has("shop-prod-green-api-1"), true);
  });
});
