import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { cloudflareProvider } from "../../../sandbox/plugins/cloudflare/provider.ts";
import { commandProvider } from "../../../sandbox/plugins/command/provider.ts";
import { dockerProvider } from "../../../sandbox/plugins/docker/provider.ts";
import { installPulumi, isNewEnough } from "../../../sandbox/plugins/install.ts";
import { randomProvider } from "../../../sandbox/plugins/random/provider.ts";
import { checkoutDirectory } from "../../../sandbox/shared/paths.ts";

describe("installation of Pulumi", function () {
  this.timeout(1_800_000); // The engine may have to be built.
  let root: string;
  let home: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "install-"));
    home = join(root, "home");
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const script = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
  };
  const install = (environment: NodeJS.ProcessEnv = {}) =>
    installPulumi({ home, environment: { PATH: "/usr/bin:/bin", PULUMI_HOME: join(root, "users"), ...environment } });
  const times = async (): Promise<string[]> => {
    const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    return Promise.all(files.map(async (file) => `${file.name} ${(await stat(join(file.parentPath, file.name))).mtimeMs}`));
  };

  it("puts engine, language host and plugins into place, and a second time changes nothing", async () => {
    const { environment, parts } = await install();
    assert.deepEqual(environment, {
      PATH: `${home}/bin:/usr/bin:/bin`,
      PULUMI_HOME: home,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    });
    assert.deepEqual(parts, [
      "engine: built from its Go module, with the sandbox's Node language host",
      "command 1.2.1: the sandbox's own",
      "random 4.21.2: the sandbox's own",
      "cloudflare 6.22.1: the sandbox's own",
      "docker 5.2.0: the sandbox's own",
    ]);
    assert.deepEqual((await readdir(join(home, "bin"))).filter((name) => !name.startsWith(".")).sort(), [
      "pulumi",
      "pulumi-language-nodejs",
    ]);
    const before = await times();
    assert.deepEqual((await install({ PATH: environment["PATH"] })).environment, environment);
    assert.deepEqual(await times(), before);
  });

  it("repairs what was damaged", async () => {
    await install();
    const launcher = join(home, "plugins/resource-random-v4.21.2/pulumi-resource-random");
    const good = await readFile(launcher, "utf8");
    await writeFile(launcher, good.replace("exec ", "exit 1; exec "));
    await rm(join(home, "bin/pulumi"));
    await install();
    assert.equal(await readFile(launcher, "utf8"), good);
    assert.ok((await stat(join(home, "bin/pulumi"))).size > 1e7);
  });

  it("plugins start with the installer's Node, whatever is in PATH, and end with their standard input", async () => {
    await install();
    await script(join(root, "old/node"), "echo an old node; exit 1");
    for (const plugin of [
      "bin/pulumi-language-nodejs",
      "plugins/resource-command-v1.2.1/pulumi-resource-command",
      "plugins/resource-docker-v5.2.0/pulumi-resource-docker",
    ]) {
      const child = spawn(join(home, plugin), ["127.0.0.1:1"], { env: { PATH: join(root, "old") }, stdio: ["pipe", "pipe", "inherit"] });
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      assert.match(line.toString(), /^\d+\n$/, plugin);
      child.stdin.end();
      assert.deepEqual(await once(child, "exit"), [0, null], plugin);
    }
  });

  describe("what an official installation brings is used and left alone", () => {
    const official = join("official", "pulumi");
    const officialCli = async (version: string, languageHost = true): Promise<string> => {
      await script(join(root, official), `echo ${version}`);
      if (languageHost) await script(join(root, "official/pulumi-language-nodejs"), "exit 0");
      return `${join(root, "official")}:/usr/bin:/bin`;
    };
    it("a CLI with its language host", async () => {
      const { environment, parts } = await install({ PATH: await officialCli("v3.231.0") });
      assert.equal(environment["PATH"], `${join(root, "official")}:/usr/bin:/bin`);
      assert.equal(parts[0], `engine: ${join(root, official)} (v3.231.0)`);
      await assert.rejects(stat(join(home, "bin")), /ENOENT/);
    });
    it("not an old one, and not one without its language host", async () => {
      assert.match((await install({ PATH: await officialCli("v3.229.9") })).parts[0] ?? "", /^engine: built from its Go module/);
      await rm(join(root, "official"), { recursive: true });
      assert.match((await install({ PATH: await officialCli("v3.250.0", false) })).parts[0] ?? "", /^engine: built from its Go module/);
    });
    const versions: [string, boolean][] = [
      ["v3.230.0", true],
      ["3.300.1\n", true],
      ["v3.229.0", false],
      ["v4.0.0", false],
      ["v2.999.0", false],
      ["dev", false],
    ];
    for (const [version, expected] of versions)
      it(`version ${version.trim()}: ${expected}`, () => assert.equal(isNewEnough(version), expected));

    it("a plugin in the same home", async () => {
      const path = join(home, "plugins/resource-random-v4.21.2/pulumi-resource-random");
      await script(path, "official");
      const { parts } = await install();
      assert.equal(
        parts.find((part) => part.startsWith("random")),
        `random 4.21.2: official, in ${dirname(path)}`,
      );
      assert.equal(await readFile(path, "utf8"), "#!/bin/sh\nofficial\n");
    });
    it("a plugin in the user's own home, also after ours was there", async () => {
      await install();
      const path = join(root, "users/plugins/resource-random-v4.21.2/pulumi-resource-random");
      await script(path, "official");
      const { parts } = await install();
      assert.equal(
        parts.find((part) => part.startsWith("random")),
        `random 4.21.2: official, from ${dirname(path)}`,
      );
      const link = join(home, "plugins/resource-random-v4.21.2");
      assert.equal((await lstat(link)).isSymbolicLink() && (await readlink(link)), dirname(path));
      assert.equal(
        (await install()).parts.find((part) => part.startsWith("random")),
        `random 4.21.2: official, in ${link}`,
      );
    });
  });

  it("every provider says the version of the package whose plugin it stands in for", async () => {
    for (const { name, version } of [commandProvider, randomProvider, cloudflareProvider, dockerProvider]) {
      const manifest = JSON.parse(await readFile(join(checkoutDirectory, "node_modules/@pulumi", name, "package.json"), "utf8")) as {
        version: string;
      };
      assert.equal(version, manifest.version, name);
    }
  });
});
