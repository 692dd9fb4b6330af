import assert from "node:assert/strict";
import fc from "fast-check";
import { maskOf, masked } from "../../../host/rollout/mask.ts";

describe("host/rollout/mask", () => {
  it("hides a value wherever it stands and however it is written", () => {
    const values = fc.string({ minLength: 6 }).filter((value) => value.trim().length >= 6);
    fc.assert(
      fc.property(values, fc.string(), fc.string(), (value, before, after) => {
        const mask = maskOf([value], {});
        const forms = [
          value,
          JSON.stringify(value).slice(1, -1),
          Buffer.from(value).toString("base64").replace(/=+$/, ""),
          encodeURIComponent(value),
        ];
        for (const form of forms) assert.ok(!mask(`${before}${form}${after}`).includes(form), form);
      }),
    );
  });

  it("hides a value that is only a part of what was encoded, at each place in it, and broken into lines", () => {
    const value = 'it\'s "quoted" and \\ long enough to be broken into lines, whatever stands before it';
    const mask = maskOf([value], {});
    for (const before of ["", "a", "ab", "user:", "a longer text that makes the first line break fall into the value: "])
      for (const after of ["", "!", "!!"])
        for (const encoding of ["base64", "base64url", "hex"] as const) {
          const text = Buffer.from(before + value + after).toString(encoding);
          const lines = text.match(/.{1,76}/g)?.join("\n") ?? "";
          const left = Buffer.from(mask(lines).replaceAll("\n", ""), encoding).toString();
          assert.ok(mask(lines).includes(masked), `${before}…${after} as ${encoding}`);
          for (let index = 0; index + 8 <= value.length; index += 1) assert.ok(!left.includes(value.slice(index, index + 8)), left);
        }
  });

  it("bears a large set", () => {
    const values = Array.from({ length: 60 }, (_, index) => `${index}-`.padEnd(1000, "0123456789abcdef\n"));
    assert.equal(maskOf(values, {})(`x ${values[59] ?? ""} y`), `x ${masked} y`);
  });

  it("hides every line of a value that has several", () => {
    const mask = maskOf(["first line\nsecond line\r\nthird line"], {});
    assert.equal(mask("a first line b\nsecond line\nand third line"), `a ${masked} b\n${masked}\nand ${masked}`);
  });

  for (const [values, text, expected] of [
    [["abc"], "abc abcd xabc (abc)", `${masked} abcd xabc (${masked})`],
    [["1"], "port 1 of 11", `port ${masked} of 11`],
    [["secret", "secret-longer"], "secret-longer secret", `${masked} ${masked}`],
    [["a.b*c("], "a.b*c( axbbc(", `${masked} axbbc(`],
    [["", "  "], "nothing to hide", "nothing to hide"],
    [[], "nothing to hide", "nothing to hide"],
  ] as const) {
    it(`${JSON.stringify(values)} in ${JSON.stringify(text)}`, () => assert.equal(maskOf(values, {})(text), expected));
  }

  it("leaves alone what the request itself says", () => {
    assert.equal(maskOf(["shop", "hunter22"], { instance: "shop-prod" })("shop-prod: hunter22"), `shop-prod: ${masked}`);
  });
});
