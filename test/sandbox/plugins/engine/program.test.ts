import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { checkoutDirectory } from "../../../../sandbox/shared/paths.ts";
import { pulumiProject } from "../support/pulumiProject.ts";
import type { PulumiProject } from "../support/pulumiProject.ts";

describe("real engine, programs in Node", function () {
  this.timeout(120_000);
  let project: PulumiProject;
  before(async () => {
    project = await pulumiProject({ environment: { MARK: "inherited" } });
  });
  after(() => project.remove());

  const manifest = (options: string, main = "index.ts"): Promise<void> =>
    project.file("Pulumi.yaml", `name: throwaway\nruntime: { name: nodejs, options: { typescript: false${options} } }\nmain: ${main}\n`);

  it("configuration, secrets of it, the environment and what it prints", async () => {
    assert.equal((await project.run("config", "set", "plain", "a value")).exitCode, 0);
    assert.equal((await project.run("config", "set", "--secret", "hidden", "pa$$word")).exitCode, 0);
    await project.program(`
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
console.log("printed", process.env.MARK, pulumi.getProject(), pulumi.getStack(), pulumi.getOrganization());
export const plain: string = config.require("plain");
export const hidden = config.requireSecret("hidden");
export const directory = process.cwd();
`);
    const output = await project.up();
    assert.match(output, /printed inherited throwaway dev organization/);
    assert.doesNotMatch(output, /pa\$\$word/);
    assert.deepEqual(await project.outputs(), { plain: "a value", hidden: "pa$$word", directory: project.directory });
  });

  it("main in a folder, Node's own arguments, and the Node that is first in PATH", async () => {
    const bin = join(project.directory, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "node"), `#!/bin/sh\nTHROUGH=shim exec '${process.execPath}' "$@"\n`);
    await chmod(join(bin, "node"), 0o755);
    await manifest(', nodeargs: "--title=terrace --stack-size=900"', "src/main.ts");
    await project.file("src/main.ts", 'console.log(`ran ${process.title} ${process.execArgv.join(" ")} ${process.env.THROUGH}`);\n');
    const { output, exitCode } = await project.run("preview");
    assert.equal(exitCode, 0, output);
    assert.match(output, /ran terrace --title=terrace --stack-size=900 undefined/);
    const path = project.environment["PATH"] ?? "";
    Object.assign(project.environment, { PATH: `${bin}:${path}` });
    assert.match((await project.run("preview")).output, /ran terrace .* shim/);
    assert.match((await project.run("about")).output, new RegExp(`executable='${bin}/node' version='${process.version}'`));
    Object.assign(project.environment, { PATH: path });
    await manifest("");
  });

  it("an error is shown once, with the place in the program and no exit code", async () => {
    await project.program(`const broken: string | undefined = undefined;\nthrow new Error("it went wrong " + broken);\n`);
    const { output, exitCode } = await project.run("preview");
    assert.notEqual(exitCode, 0);
    assert.match(output, /Error: it went wrong undefined\s+at .*index\.ts:2/);
    assert.doesNotMatch(output, /non-zero exit code/);
  });

  it("an exit without a word is told by its code", async () => {
    await project.program("process.exit(3);\n");
    assert.match((await project.run("preview")).output, /Program exited with non-zero exit code: 3/);
  });

  it("a missing SDK is named, with what to do", async () => {
    await rm(join(project.directory, "node_modules"));
    const { output } = await project.run("preview");
    assert.match(output, /is not installed in .*Have you run pulumi install\?/);
    assert.match((await project.run("install")).output, /Finished installing dependencies/);
    await rm(join(project.directory, "node_modules"), { recursive: true, force: true });
    await symlink(join(checkoutDirectory, "node_modules"), join(project.directory, "node_modules"));
  });

  it("an option that this host has not is refused by name", async () => {
    await manifest(", packagemanager: pnpm");
    await project.program("");
    assert.match(
      (await project.run("preview")).output,
      /runtime.options.packagemanager: pnpm is not implemented by the sandbox's language host/,
    );
    await manifest("");
  });

  it("Ctrl-C ends the program and leaves no lock", async () => {
    await project.program('console.log("waiting"); setInterval(() => {}, 1000);\n');
    const pulumi = spawn("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive"], {
      cwd: project.directory,
      env: project.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    pulumi.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await new Promise<void>((resolve) =>
      pulumi.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("waiting")) resolve();
      }),
    );
    pulumi.kill("SIGINT");
    const [code] = (await once(pulumi, "exit")) as [number | null];
    assert.notEqual(code, 0, output);
    await project.program("export const after = 1;\n");
    assert.match(await project.up(), /after *: 1/);
  });

  it("a compile cache from outside is the program's too, the host's own is not", async () => {
    await project.program('export const cache = process.env.NODE_COMPILE_CACHE ?? "none";\n');
    const folder = join(project.directory, "cache");
    for (const [variables, expected] of [
      [{ NODE_COMPILE_CACHE: "" }, ""],
      [{ NODE_COMPILE_CACHE: folder }, folder],
    ] as const) {
      Object.assign(project.environment, variables);
      await project.up();
      assert.equal((await project.outputs())["cache"], expected);
    }
  });
});
