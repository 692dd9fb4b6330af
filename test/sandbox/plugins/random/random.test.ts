import assert from "node:assert/strict";
import bcrypt from "bcryptjs";
import fc from "fast-check";
import { after, before, describe, it } from "mocha";
import { Secret, unknown } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { randomCharacters } from "../../../../sandbox/plugins/random/characters.ts";
import { randomProvider } from "../../../../sandbox/plugins/random/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";

const password = "random:index/randomPassword:RandomPassword";
const token = (name: string): string => `random:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;

describe("random provider", () => {
  let client: ProviderClient;
  before(async () => {
    client = await connect(randomProvider);
  });
  after(() => client.close());

  const make = async (name: string, inputs: Properties) => client.create(token(name), inputs);
  const text = (value: unknown): string => (typeof value === "string" ? value : assert.fail(`not a string: ${String(value)}`));

  describe("RandomPassword", () => {
    it("makes a secret of the length with upstream's defaults in state, its hash, and an id that says nothing", async () => {
      const { id, state } = await make("RandomPassword", { length: 20 });
      const { result, bcryptHash, ...rest } = state;
      assert.equal(id, "none");
      assert(result instanceof Secret && bcryptHash instanceof Secret);
      assert.match(text(result.value), /^[a-zA-Z0-9!@#$%&*()\-_=+[\]{}<>:?]{20}$/);
      assert.equal(await bcrypt.compare(text(result.value), text(bcryptHash.value)), true);
      assert.match(text(bcryptHash.value), /^\$2[ab]\$10\$/);
      const sets = { lower: true, upper: true, numeric: true, special: true, number: true };
      assert.deepEqual(rest, { length: 20, ...sets, minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 });
    });
    it("hashes no more than 72 bytes of a long one", async () => {
      const { state } = await make("RandomPassword", { length: 100 });
      assert(state["result"] instanceof Secret && state["bcryptHash"] instanceof Secret);
      assert.equal(await bcrypt.compare(text(state["result"].value).slice(0, 72), text(state["bcryptHash"].value)), true);
    });
    it("preview: the result is unknown and secret, the rest known", async () => {
      const { state } = await client.create(password, { length: 5, special: false }, { preview: true });
      assert.deepEqual(
        [state["result"], state["bcryptHash"], state["special"], state["lower"]],
        [new Secret(unknown), new Secret(unknown), false, true],
      );
    });
    const differences: [string, Properties, Properties, Record<string, string>][] = [
      ["saying a default is no change", { length: 8 }, { length: 8, special: true, minLower: 0 }, {}],
      ["leaving a default out again is none", { length: 8, special: true }, { length: 8 }, {}],
      ["any other change replaces", { length: 8 }, { length: 8, special: false }, { special: "update-replace" }],
      ["keepers replace", { length: 8, keepers: { a: "1" } }, { length: 8, keepers: { a: "2" } }, { "keepers.a": "update-replace" }],
      ["becoming secret is no change", { length: 8, keepers: { a: "1" } }, { length: 8, keepers: { a: new Secret("1") } }, {}],
    ];
    for (const [what, oldInputs, inputs, detailed] of differences) {
      it(what, async () => assert.deepEqual((await client.diff(password, { oldInputs, inputs })).detailed, detailed));
    }
    const refused: [Properties, string][] = [
      [{ length: 0 }, "length: must be at least 1, got 0"],
      [{ length: 3, minLower: 2, minUpper: 2 }, "length: must be at least 4, the sum of all minima, got 3"],
      [
        { length: 3, lower: false, upper: false, numeric: false, special: false },
        "lower: at least one of lower, upper, numeric and special must be true",
      ],
      [{}, "length: Missing required property 'length'"],
    ];
    for (const [inputs, expected] of refused) {
      it(`refuses ${JSON.stringify(inputs)}`, async () => assert.deepEqual((await client.check(password, inputs)).failures, [expected]));
    }
    it("refuses by name what it has not", async () => {
      assert.match(
        (await client.check(password, { length: 3, number: true })).failures[0] ?? "",
        /^number: the property "number" is not implemented/,
      );
    });
    it("the minima hold for any rules", () => {
      const count = (result: string, pattern: RegExp): number => Array.from(result).filter((one) => pattern.test(one)).length;
      const flag = fc.boolean();
      const least = fc.nat(5);
      fc.assert(
        fc.property(
          fc.record({ lower: flag, upper: flag, numeric: flag, special: flag }),
          fc.tuple(least, least, least, least),
          fc.nat(20),
          (sets, [l, u, n, s], extra) => {
            fc.pre(Object.values(sets).some(Boolean));
            const result = randomCharacters({
              ...sets,
              length: l + u + n + s + extra,
              minLower: l,
              minUpper: u,
              minNumeric: n,
              minSpecial: s,
              overrideSpecial: "é_",
            });
            assert.equal(Array.from(result).length, l + u + n + s + extra);
            assert.ok(count(result, /[a-z]/) >= l && count(result, /[A-Z]/) >= u && count(result, /\d/) >= n && count(result, /[é_]/) >= s);
            if (!sets.lower) assert.equal(count(result, /[a-z]/), l);
            if (!sets.special) assert.equal(count(result, /[é_]/), s);
          },
        ),
      );
    });
    it("uses every character and every place", () => {
      const rules = {
        length: 4,
        lower: true,
        upper: false,
        numeric: false,
        special: false,
        minLower: 0,
        minUpper: 0,
        minNumeric: 1,
        minSpecial: 0,
      };
      const results = Array.from({ length: 2000 }, () => randomCharacters(rules));
      assert.equal(new Set(results.join("").replace(/\d/g, "")).size, 26);
      assert.deepEqual(new Set(results.map((result) => result.search(/\d/))), new Set([0, 1, 2, 3]));
    });
  });

  it("RandomString is public and its own id", async () => {
    const { id, state } = await make("RandomString", { length: 6, special: false });
    assert.match(id, /^[a-zA-Z0-9]{6}$/);
    assert.equal(state["result"], id);
  });
  it("RandomBytes: secret in two spellings; the id is the base64 one, in clear, as upstream's", async () => {
    const { id, state } = await make("RandomBytes", { length: 33 });
    assert(state["base64"] instanceof Secret && state["hex"] instanceof Secret);
    const bytes = Buffer.from(text(state["base64"].value), "base64");
    assert.equal(bytes.length, 33);
    assert.equal(bytes.toString("hex"), state["hex"].value);
    assert.equal(id, state["base64"].value);
    assert.deepEqual((await client.check(token("RandomBytes"), { length: 0 })).failures, ["length: must be at least 1, got 0"]);
  });
  it("RandomId: four spellings with the prefix, the id without", async () => {
    const { id, state } = await make("RandomId", { byteLength: 9, prefix: "p-" });
    const bytes = Buffer.from(id, "base64url");
    assert.equal(bytes.length, 9);
    assert.deepEqual(state, {
      byteLength: 9,
      prefix: "p-",
      b64Url: `p-${id}`,
      b64Std: `p-${bytes.toString("base64")}`,
      hex: `p-${bytes.toString("hex")}`,
      dec: `p-${BigInt(`0x${bytes.toString("hex")}`)}`,
    });
  });
  for (const name of ["RandomUuid", "RandomUuid4"]) {
    it(`${name}: a version 4 UUID, also its id`, async () => {
      const { id, state } = await make(name, {});
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.deepEqual(state, { result: id });
    });
  }
  it("RandomInteger: both ends belong to it; a seed is refused by name", async () => {
    const seen = new Set<unknown>();
    for (let round = 0; round < 60; round++) seen.add((await make("RandomInteger", { min: -1, max: 1 })).state["result"]);
    assert.deepEqual(seen, new Set([-1, 0, 1]));
    assert.deepEqual((await client.check(token("RandomInteger"), { min: 2, max: 1 })).failures, ["min: must not be above max (1), got 2"]);
    assert.match(
      (await client.check(token("RandomInteger"), { min: 1, max: 2, seed: "s" })).failures[0] ?? "",
      /^seed: the property "seed" is not implemented/,
    );
  });
  it("every change of the others replaces", async () => {
    for (const [name, from, to] of [
      ["RandomBytes", { length: 1 }, { length: 2 }],
      ["RandomId", { byteLength: 1 }, { byteLength: 1, prefix: "a" }],
      ["RandomUuid", {}, { keepers: { a: "b" } }],
    ] as const) {
      const answer = await client.diff(token(name), { oldInputs: from, inputs: to });
      assert.ok(Object.values(answer.detailed).every((kind) => kind.endsWith("-replace")) && answer.changes, name);
    }
  });
  it("refuses by name the resources that it has not, and imports", async () => {
    await assert.rejects(client.check(token("RandomPet"), {}), /^Error: the resource random:index\/randomPet:RandomPet is not implemented/);
    await assert.rejects(
      client.read(password, { id: "x" }),
      /^Error: import of random:index\/randomPassword:RandomPassword is not implemented/,
    );
  });
});
