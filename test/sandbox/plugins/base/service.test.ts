import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { Asset, defineProvider, definitionsFor, InitializationError, Secret, unknown } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";

/** A world to act on: what was made, and what to do next time. */
interface World {
  readonly shelves: Map<string, { label: string; stock: number }>;
  readonly region: string;
}

const define = definitionsFor<World>();

const shelf = define.resource({
  token: "shop:index:Shelf",
  inputs: {
    label: { type: "string", required: true },
    room: { type: "string", values: ["cellar", "attic"], default: "cellar", replaces: true },
    stock: { type: "integer" },
    password: { type: "string", secret: true },
    tags: { type: "map", items: { type: "string" } },
    rules: {
      type: "array",
      items: { type: "object", properties: { action: { type: "string", required: true }, weight: { type: "number" } } },
    },
    file: { type: "asset" },
    extra: { type: "any" },
    wait: { type: "boolean" },
  },
  outputs: {
    made: { type: "string", required: true, stable: true },
    seen: { type: "string", required: true },
    pin: { type: "string", secret: true },
  },
  check: (inputs, { name }) => ({
    inputs: typeof inputs["label"] === "string" ? { ...inputs, label: inputs["label"].trim() } : inputs,
    failures: inputs["label"] === "forbidden" ? [{ property: "label", reason: `${name} may not be called that` }] : [],
  }),
  preview: ({ inputs }): Properties => (inputs["label"] === "foreseen" ? { seen: "already" } : {}),
  create: async (inputs, context) => {
    context.log.info("one");
    context.log.warning("two");
    if (inputs.wait === true)
      await new Promise((_, reject) => context.signal.addEventListener("abort", () => reject(context.signal.reason as Error)));
    if (inputs.label === "broken") throw new Error("the shelf fell down");
    if (inputs.label === "huge") throw new Error("ä".repeat(10_000));
    context.client.shelves.set(context.name, { label: inputs.label, stock: inputs.stock ?? 0 });
    const outputs = { made: "today", seen: "now", pin: "1234" };
    if (inputs.label === "half") throw new InitializationError(["one screw is missing"], { id: context.name, outputs });
    return { id: context.name, outputs };
  },
  update: ({ inputs, oldState }, { client, name }) => {
    if (inputs.label === "broken") throw new Error("the shelf fell down");
    client.shelves.set(name, { label: inputs.label, stock: inputs.stock ?? 0 });
    return { made: oldState.made, seen: "later" };
  },
  read: ({ id, inputs }, { client }) => {
    const found = client.shelves.get(id);
    if (found === undefined) return undefined;
    return {
      id,
      inputs: { room: "cellar", ...inputs, label: found.label },
      outputs: { made: "today", seen: "read", ...(inputs.password === undefined ? {} : { pin: "9" }) },
    };
  },
  delete: ({ id }, { client }) => {
    if (!client.shelves.delete(id)) throw new Error(`${id} is not there`);
  },
});

const box = define.resource({
  token: "shop:index:Box",
  inputs: { size: { type: "number", required: true } },
  outputs: {},
  deleteBeforeReplace: true,
  create: () => ({ id: "box", outputs: {} }),
});

const find = define.function({
  token: "shop:index:find",
  inputs: { label: { type: "string", required: true } },
  outputs: { count: { type: "integer", required: true }, key: { type: "string", secret: true } },
  invoke: ({ label }, { client }) => ({
    count: [...client.shelves.values()].filter((one) => one.label === label).length,
    key: client.region,
  }),
});

function shop(world: Map<string, { label: string; stock: number }>) {
  return defineProvider({
    name: "shop",
    version: "1.0.0",
    secretnessIsADifference: true,
    config: {
      region: { type: "string", required: true, environment: ["SHOP_REGION"] },
      limits: { type: "array", items: { type: "integer" } },
      strict: { type: "boolean", default: true },
    },
    configReplaces: ["region"],
    checkConfig: (config) => (config["region"] === "nowhere" ? [{ property: "region", reason: "there is no such region" }] : []),
    configure: ({ region }) => ({ shelves: world, region }),
    resources: [shelf, box],
    functions: [find],
  });
}

describe("provider base, over gRPC as the engine uses it", () => {
  const world = new Map<string, { label: string; stock: number }>();
  let shopClient: ProviderClient;
  before(async () => {
    shopClient = await connect(shop(world), { region: "north" }, { SHOP_REGION: "south" });
  });
  after(() => shopClient.close());

  describe("configuration", () => {
    it("takes missing values from the environment and defaults, and keeps the engine's own", async () => {
      assert.deepEqual(await shopClient.checkConfig({ version: "1.2.3" }), {
        inputs: { version: "1.2.3", region: "south", strict: "true" },
        failures: [],
      });
    });
    it("reads values that SDKs hand over as JSON text", async () => {
      assert.deepEqual(await shopClient.checkConfig({ region: "x", limits: "[1, 2]", strict: "false" }), {
        inputs: { region: "x", limits: "[1,2]", strict: "false" },
        failures: [],
      });
    });
    it("refuses unknown names, wrong types and broken rules", async () => {
      assert.match(
        (await shopClient.checkConfig({ colour: "red" })).failures[0] ?? "",
        /^colour: the property "colour" is not implemented.*it has: region, limits, strict/,
      );
      assert.deepEqual((await shopClient.checkConfig({ limits: '["a"]' })).failures, [
        'limits[0]: expected a whole number, got a string "a"',
      ]);
      assert.deepEqual((await shopClient.checkConfig({ region: "nowhere" })).failures, ["region: there is no such region"]);
    });
    it("replaces the provider only for the names that demand it, and not for another spelling of the same JSON", async () => {
      const replacing = await shopClient.diffConfig({ region: "a" }, { region: "b" });
      assert.deepEqual(replacing.detailed, { region: "update-replace" });
      assert.deepEqual((await shopClient.diffConfig({ region: "a" }, { region: "a", limits: "[1]" })).detailed, { limits: "add" });
      assert.equal(
        (await shopClient.diffConfig({ region: "a", limits: "[1, 2]", version: "1" }, { region: "a", limits: "[1,2]" })).changes,
        false,
      );
    });
    it("refuses work before it was configured", async () => {
      const fresh = await connect(shop(world), "unconfigured");
      try {
        await assert.rejects(fresh.create("shop:index:Box", { size: 1 }), {
          message: "the shop provider was used before it was configured",
        });
      } finally {
        fresh.close();
      }
    });
  });

  describe("check", () => {
    it("fills in defaults, marks what is always secret, applies the resource's own rules, and keeps unknowns and secrets", async () => {
      const { inputs, failures } = await shopClient.check("shop:index:Shelf", {
        label: new Secret(" top "),
        password: "p",
        stock: unknown,
        tags: { a: new Secret("b"), c: "d" },
        extra: null,
      });
      assert.deepEqual(failures, []);
      assert.deepEqual(inputs, {
        label: new Secret("top"),
        password: new Secret("p"),
        stock: unknown,
        tags: { a: new Secret("b"), c: "d" },
        room: "cellar",
      });
    });
    const refused: [string, Properties, string[]][] = [
      ["a missing name", {}, ["label: Missing required property 'label'"]],
      ["a wrong type", { label: 3 }, ["label: expected a string, got a number 3"]],
      ["a value outside the list", { label: "a", room: "roof" }, ['room: expected one of cellar, attic, got a string "roof"']],
      ["a fraction for a whole number", { label: "a", stock: 1.5 }, ["stock: expected a whole number, got a number 1.5"]],
      [
        "a wrong type deep inside",
        { label: "a", rules: [{ action: "x" }, { action: true }] },
        ["rules[1].action: expected a string, got a boolean true"],
      ],
      ["a missing name deep inside", { label: "a", rules: [{ weight: 1 }] }, ["rules[0].action: Missing required property 'action'"]],
      ["a map for a list", { label: "a", rules: {} }, ["rules: expected a list, got an object"]],
      ["a string for an asset", { label: "a", file: "x" }, ['file: expected an asset or an archive, got a string "x"']],
      ["a rule of the resource", { label: "forbidden" }, ["label: name may not be called that"]],
      ["a secret value without showing it", { label: new Secret(42) }, ["label: expected a string, got a number"]],
      ["an always secret value without showing it", { label: "a", password: 42 }, ["password: expected a string, got a number"]],
      [
        "several at once",
        { label: 1, stock: "x" },
        ["label: expected a string, got a number 1", 'stock: expected a whole number, got a string "x"'],
      ],
    ];
    for (const [what, inputs, failures] of refused) {
      it(`refuses ${what}`, async () => assert.deepEqual((await shopClient.check("shop:index:Shelf", inputs)).failures, failures));
    }
    it("refuses by name a property that it does not have, also inside another", async () => {
      const { failures } = await shopClient.check("shop:index:Shelf", {
        label: "a",
        colour: "red",
        rules: [{ action: "x", "odd-name": 1 }],
      });
      assert.match(
        failures[0] ?? "",
        /^colour: the property "colour" is not implemented by the sandbox's provider \(it has: label, room, /,
      );
      assert.match(failures[1] ?? "", /^rules\[0\]\["odd-name"\]: the property "odd-name" is not implemented/);
    });
    it("refuses by name a resource and a function that it does not have", async () => {
      const expected = {
        message:
          "the resource shop:index:Till is not implemented by the sandbox's provider (it has: shop:index:Shelf, shop:index:Box); remove it or install the official plugin",
      };
      await assert.rejects(shopClient.check("shop:index:Till", {}), expected);
      await assert.rejects(shopClient.create("shop:index:Till", {}), expected);
      await assert.rejects(shopClient.invoke("shop:index:lose", {}), /^Error: the function shop:index:lose is not implemented/);
    });
  });

  describe("diff", () => {
    const differences: [string, Properties, Properties, Record<string, string>][] = [
      ["nothing", { label: "a", tags: { x: "y" } }, { label: "a", tags: { x: "y" } }, {}],
      ["a changed value", { label: "a" }, { label: "b" }, { label: "update" }],
      ["an added and a removed name", { label: "a", stock: 1 }, { label: "a", password: "p" }, { stock: "delete", password: "add" }],
      ["a value that demands replacement", { room: "cellar" }, { room: "attic" }, { room: "update-replace" }],
      [
        "a value deep inside",
        { rules: [{ action: "a", weight: 1 }] },
        { rules: [{ action: "a", weight: 2 }, { action: "b" }] },
        { "rules[0].weight": "update", "rules[1]": "add" },
      ],
      ["a shorter list", { rules: [{ action: "a" }, { action: "b" }] }, { rules: [{ action: "a" }] }, { "rules[1]": "delete" }],
      ["a name that needs quotes", { tags: { "a.b": "1" } }, { tags: { "a.b": "2" } }, { 'tags["a.b"]': "update" }],
      ["an unknown", { label: "a" }, { label: unknown }, { label: "update" }],
      ["a secret's value, as one thing", { tags: new Secret({ a: "1" }) }, { tags: new Secret({ a: "2" }) }, { tags: "update" }],
      ["nothing in an equal secret", { tags: new Secret({ a: "1" }) }, { tags: new Secret({ a: "1" }) }, {}],
      ["secretness", { label: "a" }, { label: new Secret("a") }, { label: "update" }],
      [
        "an asset's contents",
        { file: new Asset("asset", "1".repeat(64), { elided: true }) },
        { file: new Asset("asset", "2".repeat(64), { text: "x" }) },
        { file: "update" },
      ],
      [
        "nothing in an asset from elsewhere",
        { file: new Asset("asset", "1".repeat(64), { elided: true }) },
        { file: new Asset("asset", "1".repeat(64), { path: "x" }) },
        {},
      ],
      ["null as absence", { label: "a", extra: null }, { label: "a" }, {}],
      ["the marks of bridged official plugins", { label: "a", __defaults: [] }, { label: "a" }, {}],
    ];
    for (const [what, oldInputs, inputs, detailed] of differences) {
      it(`sees ${what}`, async () => {
        const answer = await shopClient.diff("shop:index:Shelf", { oldInputs, inputs });
        assert.deepEqual(answer.detailed, detailed);
        assert.equal(answer.changes, Object.keys(detailed).length > 0);
      });
    }
    it("replaces what cannot be updated, first deleting where the resource says so, and names what stays", async () => {
      const answer = await shopClient.diff("shop:index:Box", { oldInputs: { size: 1 }, inputs: { size: 2 } });
      assert.deepEqual([answer.detailed, answer.replaces, answer.deleteBeforeReplace], [{ size: "update-replace" }, ["size"], true]);
      const other = await shopClient.diff("shop:index:Shelf", { oldInputs: { room: "cellar" }, inputs: { room: "attic" } });
      assert.deepEqual([other.replaces, other.deleteBeforeReplace, other.stables], [["room"], false, ["made"]]);
    });
  });

  describe("preview", () => {
    it("of a create: inputs are known, outputs are not, unless the resource foresees them", async () => {
      const inputs = { label: "foreseen", password: new Secret("p") };
      assert.deepEqual(await shopClient.create("shop:index:Shelf", inputs, { preview: true }), {
        id: "",
        state: { label: "foreseen", password: new Secret("p"), made: unknown, seen: "already", pin: new Secret(unknown) },
      });
      assert.equal(world.size, 0);
    });
    it("of an update: stable outputs keep their value", async () => {
      const oldState = { label: "a", made: "yesterday", seen: "then" };
      const state = await shopClient.update(
        "shop:index:Shelf",
        { id: "name", oldInputs: { label: "a" }, oldState, inputs: { label: "b" } },
        { preview: true },
      );
      assert.deepEqual(state, { label: "b", made: "yesterday", seen: unknown, pin: new Secret(unknown) });
    });
  });

  describe("operations", () => {
    it("create: the state is inputs and outputs with their secret marks; messages come in order and before the answer", async () => {
      const inputs = { label: "new", tags: { a: new Secret("b") }, rules: [{ action: new Secret("x") }] };
      const from = shopClient.messages.length;
      const { id, state } = await shopClient.create("shop:index:Shelf", inputs);
      assert.equal(id, "name");
      assert.deepEqual(state, {
        label: "new",
        tags: { a: new Secret("b") },
        rules: new Secret([{ action: "x" }]),
        made: "today",
        seen: "now",
        pin: new Secret("1234"),
      });
      assert.deepEqual(
        shopClient.messages.slice(from).map(({ severity, message, urn }) => [severity, message, urn.endsWith("::name")]),
        [
          ["info", "one", true],
          ["warning", "two", true],
        ],
      );
    });
    it("update: old secret marks do not outlive a public input", async () => {
      const oldState = { label: new Secret("new"), made: "today", seen: "now" };
      const state = await shopClient.update("shop:index:Shelf", {
        id: "name",
        oldInputs: { label: new Secret("new") },
        oldState,
        inputs: { label: "newer" },
      });
      assert.deepEqual(state, { label: "newer", made: "today", seen: "later" });
      assert.equal(world.get("name")?.label, "newer");
    });
    it("read: the world's view, with the state's secret marks", async () => {
      const old = { id: "name", inputs: { label: new Secret("newer") }, state: { label: new Secret("newer"), seen: new Secret("later") } };
      assert.deepEqual(await shopClient.read("shop:index:Shelf", old), {
        id: "name",
        inputs: { room: "cellar", label: new Secret("newer") },
        state: { room: "cellar", label: new Secret("newer"), made: "today", seen: new Secret("read") },
      });
    });
    it("read: no id for what is gone; without a read the state stays", async () => {
      assert.equal((await shopClient.read("shop:index:Shelf", { id: "other", inputs: { label: "x" }, state: {} })).id, "");
      const kept = { id: "box", inputs: { size: 1 }, state: { size: 1 } };
      assert.deepEqual(await shopClient.read("shop:index:Box", kept), kept);
    });
    it("delete: once, then its own error", async () => {
      await shopClient.delete("shop:index:Shelf", { id: "name", inputs: {}, state: {} });
      await assert.rejects(shopClient.delete("shop:index:Shelf", { id: "name", inputs: {}, state: {} }), { message: "name is not there" });
      await shopClient.delete("shop:index:Box", { id: "box", inputs: {}, state: {} });
    });
    it("errors keep their text, long ones too", async () => {
      await assert.rejects(shopClient.create("shop:index:Shelf", { label: "broken" }), { message: "the shelf fell down" });
      await assert.rejects(shopClient.create("shop:index:Shelf", { label: "huge" }), { message: "ä".repeat(10_000) });
    });
    it("a partial failure brings the state and the reasons, secrets marked", async () => {
      const failed = await shopClient.create("shop:index:Shelf", { label: new Secret("half") }).catch((error: unknown) => error);
      assert(failed instanceof InitializationError);
      assert.deepEqual([failed.id, failed.reasons], ["name", ["one screw is missing"]]);
      assert.deepEqual(failed.outputs, { label: new Secret("half"), made: "today", seen: "now", pin: new Secret("1234") });
    });
    it("customTimeouts end an operation", async () => {
      await assert.rejects(shopClient.create("shop:index:Shelf", { label: "a", wait: true }, { timeoutSeconds: 0.05 }), /timeout/);
    });
    it("functions: inputs come back, everything is secret once an input is, and wrong ones are refused", async () => {
      assert.deepEqual(await shopClient.invoke("shop:index:find", { label: "half" }), {
        inputs: { label: "half", count: 1, key: new Secret("north") },
        failures: [],
      });
      assert.deepEqual((await shopClient.invoke("shop:index:find", { label: new Secret("half") })).inputs, {
        label: new Secret("half"),
        count: new Secret(1),
        key: new Secret("north"),
      });
      assert.deepEqual((await shopClient.invoke("shop:index:find", {})).failures, ["label: Missing required property 'label'"]);
    });
    it("cancel ends what waits", async () => {
      const waiting = shopClient.create("shop:index:Shelf", { label: "a", wait: true });
      const ended = assert.rejects(waiting, { message: "cancelled by the engine" });
      await shopClient.cancel();
      await ended;
    });
  });
});
