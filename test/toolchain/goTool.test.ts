import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, it } from "mocha";
import { checkoutDirectory } from "../../sandbox/shared/paths.ts";
import { goTool, goToolNames, pinnedTool } from "../../toolchain/goTool.ts";

const manifest = (name: string): Promise<string> => readFile(join(checkoutDirectory, "toolchain", name, "go.mod"), "utf8");

describe("tools from Go modules", () => {
  it("a go.mod says program and version", () => {
    const text = `module x\n\ngo 1.25.8\n\ntool example.org/a/b/v2/cmd/tool\n\nrequire (\n\texample.org/a v1.0.0 // indirect\n\texample.org/a/b/v2 v2.3.4 // indirect\n)\n`;
    assert.deepEqual(pinnedTool(text, "go.mod"), { importPath: "example.org/a/b/v2/cmd/tool", version: "v2.3.4" });
    assert.deepEqual(pinnedTool("tool example.org/a/cmd\nrequire example.org/a v1.0.0\n", "go.mod"), {
      importPath: "example.org/a/cmd",
      version: "v1.0.0",
    });
  });
  const refused: [string, string, RegExp][] = [
    ["no tool", "require example.org/a v1.0.0\n", /^Error: x\/go.mod: needs exactly one "tool" line, has 0; run "go get -tool/],
    ["two tools", "tool example.org/a\ntool example.org/b\n", /has 2/],
    [
      "a tool of no module",
      "tool example.org/a/cmd\nrequire example.org/ab v1.0.0\n",
      /^Error: x\/go.mod: requires no module that holds example.org\/a\/cmd/,
    ],
  ];
  for (const [what, text, expected] of refused) it(`refuses ${what}`, () => assert.throws(() => pinnedTool(text, "x/go.mod"), expected));

  it("every pinned tool has its versions committed", async () => {
    for (const name of goToolNames) {
      const { version } = pinnedTool(await manifest(name), name);
      const sums = await readFile(join(checkoutDirectory, "toolchain", name, "go.sum"), "utf8");
      assert.ok(sums.includes(` ${version} h1:`), name);
    }
  });
  it("Traefik is 3.6.14 or later: the first with its security fixes", async () => {
    const [, minor = 0, patch = 0] = pinnedTool(await manifest("traefik"), "traefik")
      .version.slice(1)
      .split(".")
      .map(Number);
    assert.ok(minor > 6 || (minor === 6 && patch >= 14), `3.${minor}.${patch}`);
  });
  it("the engine is built once, is static, and knows its version", async function () {
    this.timeout(1_800_000);
    const [first, second] = await Promise.all([goTool("pulumi"), goTool("pulumi")]);
    assert.equal(first, second);
    const { stdout } = await promisify(execFile)(first, ["version"], { env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" } });
    assert.equal(stdout.trim(), pinnedTool(await manifest("pulumi"), "pulumi").version);
    const headers = await readFile(first);
    assert.ok(!headers.subarray(0, 4096).includes("/lib64/ld-linux"), "no dynamic loader");
  });
});
