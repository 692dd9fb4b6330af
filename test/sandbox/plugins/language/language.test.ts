import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "mocha";
import { installedPackages, requiredPlugins } from "../../../../sandbox/plugins/language/nodeModules.ts";
import { readOptions, splitArguments } from "../../../../sandbox/plugins/language/options.ts";
import {
  findExecutable,
  programArguments,
  programEnvironment,
  resolveModule,
  runProgram,
} from "../../../../sandbox/plugins/language/program.ts";
import type { ProgramRun } from "../../../../sandbox/plugins/language/program.ts";

const run: ProgramRun = {
  monitorAddress: "127.0.0.1:1",
  engineAddress: "127.0.0.1:2",
  organization: "organization",
  project: "proj",
  stack: "dev",
  rootDirectory: "/root",
  programDirectory: "/root/program",
  entryPoint: "src/index.ts",
  arguments: ["--more"],
  config: new Map([
    ["proj:a", "1"],
    ["other:config:b", "2"],
  ]),
  configSecretKeys: ["proj:a"],
  dryRun: true,
  parallel: 16,
  options: { typescript: false, tsconfig: undefined, nodeArguments: ["--max-old-space-size=512"], production: false },
};

describe("Node language host", () => {
  describe("runtime options", () => {
    it("has upstream's defaults", () => {
      assert.deepEqual(readOptions({}), { typescript: true, tsconfig: undefined, nodeArguments: [], production: false });
    });
    it("reads what this project says", () => {
      const read = readOptions({
        typescript: false,
        nodeargs: "--import ./a.mjs",
        tsconfig: "x.json",
        production: true,
        packagemanager: "npm",
      });
      assert.deepEqual(read, { typescript: false, tsconfig: "x.json", nodeArguments: ["--import", "./a.mjs"], production: true });
    });
    it("says all faults at once", () => {
      assert.throws(() => readOptions({ typescript: "no", nodeargs: 1, packagemanager: "yarn", nodearg: "x" }), {
        message: [
          "runtime.options.nodearg: is not an option of this language host; it has typescript, tsconfig, nodeargs, production, packagemanager",
          "runtime.options.packagemanager: yarn is not implemented by the sandbox's language host; use npm or the official CLI",
          'runtime.options.typescript: must be true or false, got "no"',
          "runtime.options.nodeargs: must be a string, got 1",
        ].join("\n"),
      });
    });
    const lines: [string, string[]][] = [
      ["", []],
      ["  a  b\tc ", ["a", "b", "c"]],
      [`'a b' "c d"`, ["a b", "c d"]],
      [`a"b c"d`, ["ab cd"]],
      [`''`, [""]],
      [String.raw`a\ b '\n' "\"\n"`, ["a b", "\\n", '"\\n']],
    ];
    for (const [line, words] of lines) it(`splits ${JSON.stringify(line)}`, () => assert.deepEqual(splitArguments(line), words));
    it("refuses an open quote", () => assert.throws(() => splitArguments(`a 'b`), /the quote ' in "a 'b" is not closed/));
  });

  describe("required plugins", () => {
    let directory: string;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), "packages-"));
      const put = async (path: string, manifest: unknown): Promise<void> => {
        const file = join(directory, path, "package.json");
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, typeof manifest === "string" ? manifest : JSON.stringify(manifest));
      };
      const nested = "node_modules/plain/node_modules/@pulumi/random";
      await put("node_modules/@pulumi/random", {
        name: "@pulumi/random",
        version: "4.21.2",
        pulumi: { resource: true, name: "random", version: "4.21.2" },
      });
      await put(nested, { name: "@pulumi/random", version: "4.0.0", pulumi: { resource: true } });
      await put("node_modules/@pulumi/pulumi", { name: "@pulumi/pulumi", version: "3.230.0" });
      await put("node_modules/third", {
        name: "third",
        version: "1.0.0",
        pulumi: { resource: true, name: "party", version: "v2.0.0", server: "https://example.org" },
      });
      await put("node_modules/tool", { name: "tool", version: "1.0.0", pulumi: { resource: false } });
      await put("node_modules/broken", '{"pulumi": ');
      await put("node_modules/.bin/x", { name: "x", pulumi: { resource: true, name: "no" } });
      await put("elsewhere/node_modules/hidden", { name: "hidden", version: "1.0.0", pulumi: { resource: true, name: "hidden" } });
      await symlink(join(directory, "elsewhere/node_modules/hidden"), join(directory, "node_modules/linked"));
    });
    after(() => rm(directory, { recursive: true }));

    it("come from node_modules, nested and linked ones too, and from nowhere else", () => {
      const found = requiredPlugins(directory).map(({ name, version, server }) => `${name} ${version} ${server}`);
      assert.deepEqual(found.sort(), ["hidden v1.0.0 ", "party v2.0.0 https://example.org", "random v4.0.0 ", "random v4.21.2 "]);
    });
    it("a program without packages needs none", () =>
      assert.deepEqual(requiredPlugins(join(directory, "elsewhere/node_modules/hidden")), []));
    it("a provider's package without a name is refused", async () => {
      const other = await mkdtemp(join(tmpdir(), "packages-"));
      await mkdir(join(other, "node_modules/x"), { recursive: true });
      await writeFile(
        join(other, "node_modules/x/package.json"),
        JSON.stringify({ name: "x", version: "1.0.0", pulumi: { resource: true } }),
      );
      assert.throws(() => requiredPlugins(other), /x\/package.json: a provider's package outside @pulumi needs "name"/);
      await rm(other, { recursive: true });
    });
    it("all packages, for pulumi about", () => {
      assert.deepEqual(
        installedPackages(directory)
          .map(({ name }) => name)
          .sort(),
        ["@pulumi/pulumi", "@pulumi/random", "@pulumi/random", "hidden", "third", "tool"],
      );
    });
  });

  describe("program", () => {
    it("Node's own arguments, the SDK's runner with the engine's flags, then the program", () => {
      assert.deepEqual(programArguments(run, "/sdk/run.js"), [
        "--max-old-space-size=512",
        "/sdk/run.js",
        ...["--monitor", "127.0.0.1:1", "--engine", "127.0.0.1:2", "--organization", "organization", "--project", "proj"],
        ...["--root-directory", "/root", "--stack", "dev", "--pwd", "/root/program", "--dry-run", "--parallel", "16"],
        ...["src/index.ts", "--more"],
      ]);
      const bare = programArguments({ ...run, organization: "", dryRun: false }, "r");
      assert.ok(!bare.includes("--organization") && !bare.includes("--dry-run"));
    });
    it("configuration in the environment, the rest of which stays as it is", () => {
      const environment = programEnvironment(run, { PATH: "/bin", NODE_COMPILE_CACHE: "/cache", PULUMI_NODEJS_TYPESCRIPT: "true" });
      assert.deepEqual(environment, {
        PATH: "/bin",
        NODE_COMPILE_CACHE: "/cache",
        PULUMI_CONFIG: '{"proj:config:a":"1","other:config:b":"2"}',
        PULUMI_CONFIG_SECRET_KEYS: '["proj:a"]',
        PULUMI_NODEJS_TYPESCRIPT: "false",
      });
      assert.throws(() => programEnvironment({ ...run, config: new Map([["a", "b"]]) }, {}), /could not parse a as a configuration key/);
    });
    it("finds Node in the search path given, and says so when it is not there", () => {
      assert.equal(findExecutable("sh", "/nowhere:/bin"), "/bin/sh");
      assert.throws(() => findExecutable("sh", "/nowhere"), { message: "could not find sh on the $PATH" });
    });
    it("says what to do when the SDK is not installed", async () => {
      assert.throws(() => resolveModule("@pulumi/pulumi/cmd/run", "/"), {
        message: "@pulumi/pulumi/cmd/run is not installed in /. Have you run pulumi install?",
      });
      const result = await runProgram({ ...run, programDirectory: "/" }, process.env, new AbortController().signal);
      assert.deepEqual(result, { error: "@pulumi/pulumi/cmd/run is not installed in /. Have you run pulumi install?", bail: false });
    });

    describe("endings", () => {
      let directory: string;
      const end = async (code: string, signal = new AbortController().signal) => {
        await writeFile(join(directory, "runner.cjs"), code);
        const environment = { PATH: dirname(process.execPath), PULUMI_LANGUAGE_NODEJS_RUN_PATH: join(directory, "runner.cjs") };
        return runProgram({ ...run, programDirectory: directory }, environment, signal);
      };
      before(async () => {
        directory = await mkdtemp(join(tmpdir(), "program-"));
      });
      after(() => rm(directory, { recursive: true }));

      const endings: [string, string, { error: string; bail: boolean }][] = [
        ["a good one", "", { error: "", bail: false }],
        ["32: it has said everything", "process.exit(32)", { error: "", bail: true }],
        ["any other code", "process.exit(7)", { error: "Program exited with non-zero exit code: 7", bail: false }],
        ["a signal", 'process.kill(process.pid, "SIGKILL")', { error: "Program exited with non-zero exit code: -1", bail: false }],
      ];
      for (const [what, code, expected] of endings) it(what, async () => assert.deepEqual(await end(code), expected));
      it("out of memory, with advice", async () => {
        const { error } = await end(
          'process.stderr.write("<--- Last few"); setTimeout(() => { process.stderr.write(" GCs --->\\n"); process.exit(134); }, 50);',
        );
        assert.match(
          error,
          /^Program exited with non-zero exit code: 134\. The Node process seems to have run out of memory; give it more by `nodeargs/,
        );
      });
      it("cancelled: it is interrupted and may clean up", async () => {
        const cancel = new AbortController();
        setTimeout(() => cancel.abort(), 300);
        const result = await end('process.on("SIGINT", () => process.exit(5)); setInterval(() => {}, 1000);', cancel.signal);
        assert.equal(result.error, "Program exited with non-zero exit code: 5");
      });
    });
  });
});
