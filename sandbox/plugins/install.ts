import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, copyFile, link, mkdir, open, readFile, rm, stat, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { goTool } from "../../toolchain/goTool.ts";
import { exists } from "../shared/cache.ts";
import { replaceFile } from "../shared/files.ts";
import { takeLock } from "../shared/lock.ts";
import { checkoutDirectory } from "../shared/paths.ts";
import { pluginBundles, pluginNames } from "./bundle.ts";
import type { PluginName } from "./bundle.ts";

export interface PulumiInstallation {
  /** What a shell needs so that `pulumi` is this installation: PATH (the present one, with ours before it) and the PULUMI_ variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where each part comes from, for people: `engine: built from its Go module`. */
  readonly parts: readonly string[];
}

/** The first engine whose language host and plugins are known to work with what is here. */
const oldestEngine = [3, 230] as const;

/** Says in our launchers whose they are, so that nothing official is ever overwritten. */
const mark = "air-gapped plugin of the Terrace sandbox";

/**
 * Puts the engine, the Node language host and the provider plugins where `pulumi` finds them: `home` becomes PULUMI_HOME.
 *
 * What an official installation brings is used instead, untouched: a CLI in PATH (3.230 or later, with its own language host beside it) and
 * provider plugins of the right version, in `home` or in the user's own `~/.pulumi`. May be called again at any time; a call that finds
 * everything in place takes some milliseconds. Building what is not in the cache takes minutes, once per machine.
 */
export async function installPulumi(options: {
  readonly home: string;
  readonly environment?: NodeJS.ProcessEnv;
}): Promise<PulumiInstallation> {
  const { home } = options;
  const environment = options.environment ?? process.env;
  const path = environment["PATH"] ?? "";
  const lock = await takeLock(join(home, ".install.lock"));
  try {
    const bundles = await pluginBundles();
    const official = await officialEngine(path, join(home, "bin"));
    const engine =
      official === undefined
        ? await ownEngine(home, bundles)
        : { directory: dirname(official.path), part: `engine: ${official.path} (${official.version})` };
    const parts = [engine.part];
    for (const name of pluginNames) {
      if (name !== "language") parts.push(await providePlugin(name, home, bundles, environment));
    }
    return {
      environment: {
        PATH: [engine.directory, ...path.split(delimiter).filter((directory) => directory !== engine.directory)].join(delimiter),
        PULUMI_HOME: home,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      },
      parts,
    };
  } finally {
    await lock?.release();
  }
}

/** A CLI in PATH that is not ours, new enough, and complete: the engine looks for the language host beside itself first. */
async function officialEngine(
  path: string,
  ownDirectory: string,
): Promise<{ readonly path: string; readonly version: string } | undefined> {
  for (const directory of path.split(delimiter)) {
    const candidate = join(directory, "pulumi");
    if (directory === "" || directory === ownDirectory || !(await isExecutable(candidate))) continue;
    const host = join(directory, "pulumi-language-nodejs");
    if (!(await isExecutable(host)) || (await isOurs(host))) continue;
    const { stdout } = await promisify(execFile)(candidate, ["version"], { env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" } });
    if (isNewEnough(stdout)) return { path: candidate, version: stdout.trim() };
  }
  return undefined;
}

/** True of `v3.230.0` and everything later within version 3. */
export function isNewEnough(version: string): boolean {
  const match = /^v?(\d+)\.(\d+)\./.exec(version.trim());
  return match !== null && Number(match[1]) === oldestEngine[0] && Number(match[2]) >= oldestEngine[1];
}

async function ownEngine(home: string, bundles: string): Promise<{ readonly directory: string; readonly part: string }> {
  const built = await goTool("pulumi");
  const directory = join(home, "bin");
  await mkdir(directory, { recursive: true });
  // A hard link, not a symbolic one: the engine looks for its language host beside the file that it was started from.
  const engine = join(directory, "pulumi");
  if (!(await isSameFile(engine, built))) {
    await rm(engine, { force: true });
    await link(built, engine).catch(() => copyFile(built, engine, constants.COPYFILE_FICLONE));
  }
  await placePlugin(directory, "pulumi-language-nodejs", join(bundles, "language.cjs"));
  return { directory, part: "engine: built from its Go module, with the sandbox's Node language host" };
}

async function providePlugin(
  name: Exclude<PluginName, "language">,
  home: string,
  bundles: string,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const version = await sdkVersion(name);
  const folder = `resource-${name}-v${version}`;
  const executable = `pulumi-resource-${name}`;
  const directory = join(home, "plugins", folder);
  if ((await exists(join(directory, executable))) && !(await isOurs(join(directory, executable))))
    return `${name} ${version}: official, in ${directory}`;
  const users = join(environment["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "plugins", folder);
  if (users !== directory && (await exists(join(users, executable))) && !(await isOurs(join(users, executable)))) {
    await rm(directory, { recursive: true, force: true });
    await mkdir(dirname(directory), { recursive: true });
    await symlink(users, directory);
    return `${name} ${version}: official, from ${users}`;
  }
  await mkdir(directory, { recursive: true });
  await placePlugin(directory, executable, join(bundles, `${name}.cjs`));
  return `${name} ${version}: the sandbox's own`;
}

/** The version of the npm package decides: the engine asks for exactly the plugin that it names. */
async function sdkVersion(name: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(checkoutDirectory, "node_modules/@pulumi", name, "package.json"), "utf8")) as {
    version: string;
    pulumi?: { version?: string };
  };
  return manifest.pulumi?.version ?? manifest.version;
}

/**
 * A bundle and its launcher. The launcher names the Node that runs this installer, by its path: the machine's default may be an older one.
 * The engine starts plugins with the program's environment, so what Node is told there (a resolver, authorities, a compile cache) holds for
 * them too. Without a compile cache from outside a plugin has one of its own, switched on in code: the program, a child of the language host,
 * must not inherit it.
 */
async function placePlugin(directory: string, executable: string, bundle: string): Promise<void> {
  const files = {
    [`.${executable}.cjs`]: await readFile(bundle, "utf8"),
    [`.${executable}.start.cjs`]: `require("node:module").enableCompileCache(__dirname + "/.compile-cache");\nrequire("./.${executable}.cjs");\n`,
    [executable]: `#!/bin/sh\n# ${mark}\nexec '${process.execPath}' '${join(directory, `.${executable}.start.cjs`)}' "$@"\n`,
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    if ((await readFile(path, "utf8").catch(() => undefined)) !== content) await replaceFile(path, content, 0o755);
  }
}

/** True of two names of one file, and of a copy of the same size that is not older. */
async function isSameFile(path: string, original: string): Promise<boolean> {
  const [there, wanted] = await Promise.all([stat(path).catch(() => undefined), stat(original)]);
  if (there === undefined) return false;
  return there.ino === wanted.ino || (there.size === wanted.size && there.mtimeMs >= wanted.mtimeMs);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Our launchers are short scripts; official plugins are large binaries. */
async function isOurs(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.subarray(0, bytesRead).includes(mark);
  } finally {
    await file.close();
  }
}
