import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../..");

/** What Pulumi's runner does first (`@pulumi/pulumi/cmd/run/index.js`), then whether traces are translated. */
const runner = `
  const { createRequire } = require("node:module");
  createRequire(require.resolve("@pulumi/pulumi"))("source-map-support/register");
  process.stdout.write(typeof Error.prepareStackTrace);
`;

async function translation(...nodeArguments: readonly string[]): Promise<string> {
  // In src, where the engine starts the runner: the folder of Pulumi.yaml's "main".
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeArguments, "-e", runner], { cwd: join(root, "src") });
  return stdout;
}

describe("stack traces of the program", () => {
  it("are not translated, by the very arguments that Pulumi.yaml has", async () => {
    const nodeArguments = /nodeargs: "(.*)"/.exec(await readFile(join(root, "Pulumi.yaml"), "utf8"))?.[1];
    assert.equal(nodeArguments, "--import=#stack-traces");
    assert.equal(await translation(nodeArguments), "undefined");
  });

  it("would be without them", async () => {
    assert.equal(await translation(), "function");
  });
});
