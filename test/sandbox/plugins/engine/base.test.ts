import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { defineProvider, definitionsFor, InitializationError } from "../../../../sandbox/plugins/base/index.ts";
import { listen } from "../../../../sandbox/plugins/base/serve.ts";
import type { ServedProvider } from "../../../../sandbox/plugins/base/serve.ts";
import { pulumiProject } from "../support/pulumiProject.ts";
import type { PulumiProject } from "../support/pulumiProject.ts";

interface Shelf {
  label: string;
  room: string;
}

/** What the provider below acts on, and what it did. */
const world = { shelves: new Map<string, Shelf>(), done: [] as string[] };

const define = definitionsFor<typeof world>();
const shelf = define.resource({
  token: "shop:index:Shelf",
  inputs: { label: { type: "string", required: true }, room: { type: "string", assumed: "cellar", replaces: true } },
  outputs: { made: { type: "string", required: true, stable: true }, pin: { type: "string", required: true, secret: true } },
  deleteBeforeReplace: true,
  create: ({ label, room }, context) => {
    context.log.info(`putting up ${label}`);
    world.shelves.set(context.name, { label, room });
    world.done.push(`create ${label}`);
    const outputs = { made: "today", pin: "p1n-c0de" };
    if (label === "half") throw new InitializationError(["one screw is missing", "the wall is soft"], { id: context.name, outputs });
    return { id: context.name, outputs };
  },
  update: ({ id, inputs: { label, room }, oldState }) => {
    world.done.push(`update ${label}`);
    world.shelves.set(id, { label, room });
    return { made: oldState.made, pin: oldState.pin };
  },
  read: ({ id, state }) => {
    const found = world.shelves.get(id);
    return found === undefined ? undefined : { id, inputs: found, outputs: { made: state.made ?? "?", pin: state.pin ?? "?" } };
  },
  delete: ({ id }) => {
    world.done.push(`delete ${id}`);
    world.shelves.delete(id);
  },
});
const shop = defineProvider({
  name: "shop",
  version: "1.0.0",
  secretnessIsADifference: false,
  config: { key: { type: "string", secret: true, environment: ["SHOP_KEY"] }, region: { type: "string", values: ["north", "south"] } },
  configReplaces: ["region"],
  configure: () => world,
  resources: [shelf],
  functions: [],
});

/** The engine attaches to a provider in this process: what it makes of the base's answers, with nothing of a real provider in between. */
describe("real engine, provider base", function () {
  this.timeout(120_000);
  let project: PulumiProject;
  let served: ServedProvider;
  before(async () => {
    served = await listen(shop, { engineAddress: "", environment: { SHOP_KEY: "k3y-from-outside" } });
    project = await pulumiProject({ environment: { PULUMI_DEBUG_PROVIDERS: `shop:${served.port}` } });
  });
  after(async () => {
    served.close();
    await project.remove();
  });
  const program = (shelfArguments: string, providerArguments = `region: "north"`): Promise<void> =>
    project.program(`
import * as pulumi from "@pulumi/pulumi";
class Shop extends pulumi.ProviderResource { constructor(args: object) { super("shop", "shop", args as never); } }
class Shelf extends pulumi.CustomResource {
  constructor(name: string, args: object, opts: object) { super("shop:index:Shelf", name, { made: undefined, pin: undefined, ...args }, opts); }
}
const provider = new Shop({ ${providerArguments} });
const shelf = new Shelf("one", { ${shelfArguments} }, { provider }) as never as { made: pulumi.Output<string>; pin: pulumi.Output<string> };
export const { made, pin } = shelf;
`);
  const took = async (...more: string[]): Promise<string[]> => {
    world.done.length = 0;
    await project.up(...more);
    return [...world.done];
  };

  it("a partial failure: the resource is kept with its reasons, and the next run updates it", async () => {
    await program(`label: "half"`);
    const failed = await project.run("up", "--yes", "--skip-preview");
    assert.notEqual(failed.exitCode, 0);
    assert.match(failed.output, /putting up half/);
    assert.match(failed.output, /2 errors occurred:\s+\* one screw is missing\s+\* the wall is soft/);
    const [kept] = await project.resources({ showSecrets: true });
    assert.deepEqual([kept?.id, kept?.outputs?.["made"], kept?.outputs?.["room"]], ["one", "today", "cellar"]);
    assert.deepEqual(await took(), ["update half"]);
  });

  it("secret outputs and configuration from the environment are encrypted in state", async () => {
    const { output } = await project.run("stack", "export");
    assert.doesNotMatch(output, /p1n-c0de|k3y-from-outside/);
    assert.equal((await project.outputs())["pin"], "p1n-c0de");
  });

  it("a preview of an update keeps what is stable, and saying what is assumed is no change", async () => {
    await program(`label: "half", room: "cellar"`);
    assert.equal((await project.run("preview", "--expect-no-changes")).exitCode, 0);
    await program(`label: "whole"`);
    const { output } = await project.run("preview", "--diff");
    assert.match(output, /~ label: "half" => "whole"/);
    assert.doesNotMatch(output, /made|room/);
    assert.deepEqual(await took(), ["update whole"]);
  });

  it("drift: refresh writes what is there, up puts it right", async () => {
    world.shelves.set("one", { label: "renamed by hand", room: "cellar" });
    const { output } = await project.run("refresh", "--yes", "--skip-preview", "--diff");
    assert.match(output, /~ label: "whole" => "renamed by hand"/);
    assert.deepEqual(await took(), ["update whole"]);
  });

  it("gone: refresh drops it, up makes it again", async () => {
    world.shelves.clear();
    assert.match((await project.run("refresh", "--yes", "--skip-preview")).output, /- 1 deleted/);
    assert.deepEqual(await took(), ["create whole"]);
  });

  it("a replacement deletes first where the resource says so", async () => {
    await program(`label: "whole", room: "attic"`);
    const { output } = await project.run("preview", "--diff");
    assert.match(output, /room: "cellar" => "attic"/);
    assert.deepEqual(await took(), ["delete one", "create whole"]);
  });

  it("another configuration replaces the provider and all of its resources where it says so", async () => {
    await program(`label: "whole", room: "attic"`, `region: "south"`);
    // In this order: with a new provider the engine does not ask how to replace.
    assert.deepEqual(await took(), ["create whole", "delete one"]);
    await program(`label: "whole", room: "attic"`, `region: "west"`);
    const { output } = await project.run("preview");
    assert.match(output, /region: expected one of north, south, got a string "west"/);
    assert.doesNotMatch(output, /k3y-from-outside/);
    await program(`label: "whole", room: "attic"`, `region: "south"`);
  });

  it("import reads the world", async () => {
    world.shelves.set("two", { label: "found", room: "cellar" });
    await project.program(
      `${await readFile(join(project.directory, "index.ts"), "utf8")}new Shelf("two", { label: "found" }, { provider, import: "two" });\n`,
    );
    assert.deepEqual(await took(), []);
    const two = (await project.resources({ showSecrets: true })).find(({ id }) => id === "two");
    assert.deepEqual([two?.outputs?.["label"], two?.outputs?.["made"]], ["found", "?"]);
  });

  it("destroy", async () => {
    world.done.length = 0;
    assert.equal((await project.run("destroy", "--yes", "--skip-preview")).exitCode, 0);
    assert.deepEqual(world.done.sort(), ["delete one", "delete two"]);
  });
});
