import assert from "node:assert/strict";
import type { Json } from "../../../contract/index.ts";
import { Failure } from "../../../host/ending.ts";
import { applyItems } from "../../../host/platform/applyItems.ts";
import type { ApplyOptions } from "../../../host/platform/applyItems.ts";
import { ok, unknown, wrong } from "../../../host/platform/item.ts";
import type { Effect, Finding, Item } from "../../../host/platform/item.ts";

/** A world of named things that are right or wrong; items repair their own. */
class World {
  readonly findings = new Map<string, Finding>();
  readonly log: string[] = [];
  readonly recorded: Record<string, Json> = {};
  instances: string[] = [];
  maintenance = false;

  item(name: string, effect: Effect = "none", change?: () => void): Item {
    return {
      name,
      effect,
      wanted: { name },
      code: "package_failed",
      check: () => Promise.resolve(this.findings.get(name) ?? ok),
      change: () => {
        this.log.push(`change ${name}`);
        if (change === undefined) this.findings.set(name, ok);
        else change();
        return Promise.resolve();
      },
    };
  }

  async apply(...items: Item[]): Promise<string[]> {
    const options: ApplyOptions = {
      maintenance: this.maintenance,
      runningInstances: () => Promise.resolve(this.instances),
      recorded: { ...this.recorded },
      record: (item, wanted) => {
        this.recorded[item] = wanted;
        return Promise.resolve();
      },
      progress: { step: (title) => this.log.push(title), note: () => undefined, warn: () => undefined },
    };
    return (await applyItems(items, options)).map(({ item, result, note }) => `${item} ${result}${note === "" ? "" : `: ${note}`}`);
  }
}

const failure = (outcome: string, code: string, message: string) => (error: unknown) => {
  assert.ok(error instanceof Failure);
  assert.deepEqual({ outcome: error.outcome, code: error.code, message: error.message }, { outcome, code, message });
  return true;
};

describe("applying items", () => {
  let world: World;
  beforeEach(() => (world = new World()));

  it("touches nothing that is right", async () => {
    assert.deepEqual(await world.apply(world.item("a"), world.item("b", "restart")), ["a unchanged", "b unchanged"]);
    assert.deepEqual(world.log, []);
    assert.deepEqual(world.recorded, { a: { name: "a" }, b: { name: "b" } });
  });

  it("changes what is wrong, in order, and says why", async () => {
    world.findings.set("b", wrong("absent"));
    assert.deepEqual(await world.apply(world.item("a"), world.item("b")), ["a unchanged", "b changed: absent"]);
    assert.deepEqual(world.log, ["b: absent", "change b"]);
  });

  it("calls it repaired only where an earlier run made exactly this", async () => {
    world.recorded["a"] = { name: "a" };
    world.recorded["b"] = { name: "b", of: "another wish" };
    for (const name of ["a", "b", "c"]) world.findings.set(name, wrong("drifted"));
    assert.deepEqual(await world.apply(world.item("a"), world.item("b"), world.item("c")), [
      "a repaired: drifted",
      "b changed: drifted",
      "c changed: drifted",
    ]);
  });

  it("refuses a restart under running instances before anything is touched", async () => {
    world.instances = ["shop-prod", "shop-staging"];
    world.findings.set("a", wrong("absent"));
    world.findings.set("b", wrong("daemon.json differs in log-opts", "restart"));
    const expected = "b (daemon.json differs in log-opts) would restart what shop-prod, shop-staging stand on; nothing was changed";
    await assert.rejects(
      world.apply(world.item("a"), world.item("b", "restart")),
      failure("refused", "restart_needs_maintenance", expected),
    );
    assert.deepEqual(world.log, []);
    assert.deepEqual(world.recorded, {});
  });

  for (const [why, prepare] of [
    ["maintenance is declared", (it: World) => (it.maintenance = true)],
    ["nothing runs", (it: World) => (it.instances = [])],
    ["this time it is only a reload", (it: World) => it.findings.set("a", wrong("x", "reload"))],
  ] as const) {
    it(`goes on when ${why}`, async () => {
      world.instances = ["shop-prod"];
      world.findings.set("a", wrong("x", "restart"));
      prepare(world);
      assert.deepEqual(await world.apply(world.item("a", "restart")), ["a changed: x"]);
    });
  }

  it("looks again at what could not be told before an earlier item was right", async () => {
    world.findings.set("docker", wrong("is not running"));
    world.findings.set("network", unknown("Docker does not answer"));
    const docker = world.item("docker", "none", () => {
      world.findings.set("docker", ok);
      world.findings.set("network", ok);
    });
    assert.deepEqual(await world.apply(docker, world.item("network")), ["docker changed: is not running", "network unchanged"]);
  });

  it("still changes what was found wrong, although an earlier change has hidden the trace", async () => {
    world.findings.set("file", wrong("has other content"));
    world.findings.set("container", wrong("was started with it", "restart"));
    const file = world.item("file", "none", () => {
      world.findings.set("file", ok);
      world.findings.set("container", ok);
    });
    assert.deepEqual(await world.apply(file, world.item("container", "restart")), [
      "file changed: has other content",
      "container changed: was started with it",
    ]);
  });

  it("refuses a restart that shows only on the way, and says what was done", async () => {
    world.instances = ["shop-prod"];
    world.findings.set("docker", wrong("is not running"));
    world.findings.set("network", unknown("Docker does not answer"));
    const docker = world.item("docker", "none", () => {
      world.findings.set("docker", ok);
      world.findings.set("network", wrong("is another", "restart"));
    });
    const expected = "network (is another) would restart what shop-prod stands on; done before it: docker";
    await assert.rejects(world.apply(docker, world.item("network")), failure("refused", "restart_needs_maintenance", expected));
  });

  it("ends with the item's own code when a change does not help, and keeps what was done before it", async () => {
    world.findings.set("a", wrong("absent"));
    world.findings.set("b", wrong("absent"));
    const expected = "b: was changed and is still wrong: absent";
    await assert.rejects(
      world.apply(
        world.item("a"),
        world.item("b", "none", () => undefined),
        world.item("c"),
      ),
      failure("aborted", "package_failed", expected),
    );
    assert.deepEqual(world.recorded, { a: { name: "a" } });
  });

  it("does not guess at what stays unknown", async () => {
    world.findings.set("a", unknown("Docker does not answer"));
    await assert.rejects(world.apply(world.item("a")), failure("aborted", "package_failed", "a: Docker does not answer"));
  });
});
