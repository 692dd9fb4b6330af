import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { inspect } from "node:util";
import { scannerFor } from "./secretScanner.ts";

const value = `it's "quoted", $HOME & <b>, 100 % \\ back\\slash # no comment\nsecond line\tand a last \\`;
const scanner = scannerFor([{ name: "CANARY", value }]);
const found = (text: Buffer | string): boolean => scanner.scan(text).some(({ secret }) => secret === "CANARY");
const json = (text: unknown): string => JSON.stringify(text);
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("the scanner for secrets", () => {
  const forms: readonly (readonly [string, Buffer | string])[] = [
    ["as it is", `before ${value} after`],
    ["at the very start", value],
    ["its first line alone", `| it's "quoted", $HOME & <b>, 100 % \\ back\\slash # no comment\n`],
    ["its second line alone", "log: second line\tand a last \\"],
    ["as JSON", json({ a: [value] })],
    ["as JSON in JSON", json({ a: json({ b: value }) })],
    ["as JSON in JSON in JSON", json(json(json(value)))],
    ["as Go writes JSON", json(value).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026")],
    ["as Node inspects it", inspect({ a: value })],
    ["in single quotes of a shell", `'${value.replaceAll("'", "'\\''")}'`],
    ["in a compose file", value.replaceAll("$", "$$$$")],
    ["as base64", base64(value)],
    ["as base64 for URLs", Buffer.from(value).toString("base64url")],
    ["as base64 in a longer text, one byte in", base64(`u${value}!`)],
    ["as base64 in a longer text, two bytes in", base64(`us${value}!`)],
    ["as base64 of JSON", base64(json({ password: value }))],
    ["as base64 in lines", base64(`user:${value}`).replaceAll(/.{76}/g, "$&\n")],
    ["as base64 in lines, in JSON", json(base64(`user:${value}`).replaceAll(/.{76}/g, "$&\n"))],
    ["as the base64 command writes it", execFileSync("base64", { input: `x=${value}` })],
    ["as hex", Buffer.from(value).toString("hex")],
    ["as hex in capitals", Buffer.from(value).toString("hex").toUpperCase()],
    ["in a URL", `https://example.com/?x=${encodeURIComponent(value)}`],
    ["in a form", new URLSearchParams({ x: value }).toString()],
    ["in UTF-16", Buffer.from(value, "utf16le")],
    ["among other bytes", Buffer.concat([Buffer.from([0, 255, 254]), Buffer.from(value), Buffer.alloc(9)])],
  ];
  for (const [form, text] of forms) it(`finds a value ${form}`, () => assert.ok(found(text)));

  it("says what it found, how and where", () => {
    const two = scannerFor([
      { name: "ONE", value: "correct horse" },
      { name: "TWO", value: "battery staple" },
    ]);
    assert.deepEqual(two.scan("a battery staple and a battery staple"), [{ secret: "TWO", form: "as it is", offset: 2 }]);
    assert.deepEqual(
      two.scan('correct horse\n{"x":"correct horse"}').map(({ secret, offset }) => [secret, offset]),
      [["ONE", 0]],
    );
  });

  it("finds nothing in other text, also where the start or all but the last byte is the same", () => {
    for (const text of ["", "it", 'it\'s "quoted"', value.slice(0, 58), `${value.slice(60, -1)}x`, base64("other"), "second line"])
      assert.deepEqual(scanner.scan(text), [], text);
  });

  it("takes the frame of a PEM text for no secret, and each line between for one", () => {
    const pem = scannerFor([{ name: "KEY", value: "-----BEGIN KEY-----\nAAAABBBBCCCC\nDDDDEEEEFFFF\n-----END KEY-----\n" }]);
    assert.deepEqual(pem.scan("-----BEGIN KEY-----\nother\n-----END KEY-----"), []);
    assert.deepEqual(
      pem.scan("xDDDDEEEEFFFFx").map(({ form }) => form),
      ["line 3, as it is"],
    );
  });

  it("refuses a value that would be found by chance", () => {
    assert.throws(() => scannerFor([{ name: "PIN", value: "1234567" }]), /PIN: 7 characters are too few/);
  });
});
