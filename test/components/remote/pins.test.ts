import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

describe("@pulumi/command", () => {
  it("is of the real line 1.x: npm's latest is a stray old publish without host keys", () => {
    const { version } = JSON.parse(readFileSync("node_modules/@pulumi/command/package.json", "utf8")) as { version: string };
    assert.match(version, /^v?1\./);
  });
});
