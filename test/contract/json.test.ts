import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson } from "../../contract/index.ts";

describe("canonicalJson", () => {
  const cases: readonly [string, unknown, string][] = [
    ["sorts keys by UTF-16 code units", { b: 1, a: 2, B: 3, "€": 4, "\r": 5 }, '{"\\r":5,"B":3,"a":2,"b":1,"€":4}'],
    ["keeps the order of lists", [3, 1, 2], "[3,1,2]"],
    ["leaves out undefined members", { a: undefined, b: null }, '{"b":null}'],
    ["writes numbers as ECMAScript does", [1e21, 0.1, -0, 1.0], "[1e+21,0.1,0,1]"],
    ["escapes what JSON must", 'a"\\\n\u2028', '"a\\"\\\\\\n\u2028"'],
    ["sorts on every level", { z: [{ b: 1, a: { d: 1, c: 2 } }] }, '{"z":[{"a":{"c":2,"d":1},"b":1}]}'],
  ];
  for (const [name, value, text] of cases) it(name, () => assert.equal(canonicalJson(value), text));

  const refused: readonly [string, unknown, string][] = [
    ["NaN", { a: [1, NaN] }, "$.a[1]: JSON has no NaN"],
    ["dates", { when: new Date(0) }, "$.when: JSON has no Date"],
    ["undefined in a list", [undefined], "$[0]: JSON has no undefined"],
    ["bigint", 1n, "$: JSON has no bigint"],
    ["lone surrogates", { a: "\ud800" }, "$.a: a string with a lone surrogate has no UTF-8 form"],
  ];
  for (const [name, value, message] of refused)
    it(`refuses ${name}`, () => assert.throws(() => canonicalJson(value), { name: "TypeError", message }));

  it("is JSON, and the same text for the same value whatever the order of its keys", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalJson(value);
        const shuffled = reverseKeys(JSON.parse(text));
        assert.equal(canonicalJson(shuffled), text);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reverseKeys(member)]),
  );
}
