import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDns } from "../../../sandbox/dns/index.ts";
import { EdgeBadDays } from "../../../sandbox/edge/badDays.ts";
import { createSandbox } from "../../../sandbox/sandbox.ts";
import { slotOf } from "../../../sandbox/slot.ts";
import { switches, switchTable } from "../../../sandbox/switches.ts";
import { startBench } from "../cloudflare/api.ts";
import { edge, TestWorld } from "../dns/world.ts";
import { startLoopbackRegistry } from "../images/loopbackRegistry.ts";
import { Bench } from "../infisical/bench.ts";

type Controls = Readonly<Record<string, (argument: unknown) => Promise<unknown>>>;

describe("switches for bad days", () => {
  /** Every switch of a service is told, and each example is one that the service takes. */
  const holds = async (service: string, controls: Controls = {}): Promise<void> => {
    const told = switches.filter((one) => one.service === service);
    assert.deepEqual(told.map(({ name }) => name).sort(), Object.keys(controls).sort());
    for (const { name, argument } of told) await controls[name]?.(argument === "" ? undefined : JSON.parse(argument));
  };

  it("of the edge are all told, with examples that work", () => holds("edge", new EdgeBadDays(Date.now, () => undefined).controls));

  it("of Infisical are, too", async () => {
    const bench = await Bench.create();
    try {
      // The folder of the example is one that the sandbox makes when it plants its variables.
      await bench.service.store.makeFolder({ environment: "staging", path: "/providers" }, "");
      await holds("infisical", bench.service.controls);
    } finally {
      await bench.close();
    }
  });

  it("of Cloudflare are, too", async () => {
    const bench = await startBench();
    try {
      await holds("cloudflare", bench.service.controls);
    } finally {
      await bench.close();
    }
  });

  it("of the name server are, too", async () => {
    const world = await TestWorld.create();
    const listeners = [{ host: "127.0.0.1", port: 0 }];
    const service = await startDns({ listeners, logs: world.directory, names: world.names, zones: world.zones, edge });
    try {
      await holds("dns", service.controls);
    } finally {
      await service.close();
      await world.remove();
    }
  });

  it("of the registry are, too", async () => {
    const directory = await mkdtemp(join(tmpdir(), "terrace-switches-"));
    const registry = await startLoopbackRegistry(directory, 9);
    try {
      await holds("registry", registry.service.controls);
    } finally {
      await registry.close();
      await rm(directory, { recursive: true });
    }
  });

  it("of the servers are, too", async () => {
    const sandbox = createSandbox(slotOf(7), "code");
    const names = ["powerOn", "powerOff", "powerCut", "reboot", "booted"];
    // None of them is there: that the name is looked up means that the argument was understood.
    const control = (name: string) => (argument: unknown) =>
      assert.rejects(sandbox.control("servers", name, argument), /server "staging": is not in this sandbox/);
    await holds("servers", Object.fromEntries(names.map((name) => [name, control(name)])));
    await assert.rejects(sandbox.control("servers", "explode", {}), {
      message: `break: there is no "servers explode"; there are: ${names.map((name) => `servers ${name}`).join(", ")}`,
    });
  });

  it("are shown as they are typed", () => {
    assert.match(switchTable("edge"), /edge outage '\{"status":503,"host":"api\.staging\.truealpha\.test"\}' +│ fails by itself/);
    assert.doesNotMatch(switchTable("edge"), /infisical/);
    assert.throws(() => switchTable("edg"), {
      message: 'break: there is no service "edg" with switches; there are: servers, registry, infisical, cloudflare, dns, edge',
    });
  });
});
