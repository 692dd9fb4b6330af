import { execa } from "execa";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheKey } from "../../shared/cache.ts";
import { step } from "../../shared/step.ts";
import { serverSuite } from "../../aptMirror.ts";
import { cachedLayer, epochSeconds, type Layer } from "../layer.ts";
import { imagetoolKey } from "../imagetool.ts";
import type { AptSession } from "./apt.ts";
import { changeTree, scriptEnvironment } from "./tree.ts";

/** Packages of Debian on top of other layers. */
export interface PackagesSettings {
  readonly title: string;
  /** Layers it stands on, lowest first. */
  readonly below: readonly Layer[];
  readonly packages: readonly string[];
  /** Shell text that runs inside the tree before the packages are installed: users with fixed ids, settings that their scripts read. */
  readonly before?: string;
  /** Shell text that runs inside the tree afterwards: what to leave out. */
  readonly after?: string;
}

/** Left out of every package: a container has no reader for them. */
const dpkgExcludes = ["doc", "man", "info", "locale", "lintian"].map((folder) => `path-exclude=/usr/share/${folder}/*`);

/**
 * The layer below all others: Debian's essential packages and nothing else; no apt, since the machine's own does the installing.
 * A change of Debian's mirror does not change a layer that is in the cache; `npm run sandbox -- reset` or an emptied cache does.
 */
export async function baseLayer(apt: () => Promise<AptSession>): Promise<Layer> {
  const title = `Debian ${serverSuite}, essential packages`;
  const clean = await readFile(join(import.meta.dirname, "clean.sh"), "utf8");
  const key = cacheKey(await imagetoolKey(), await sourcesKey(), serverSuite, String(epochSeconds));
  return cachedLayer(title, key, async (tree, scratch) => {
    const session = await apt();
    return step(`layer: ${title}`, async () => {
      const builtAfter = startClock();
      const result = await execa(
        "mmdebstrap",
        [
          ...["--mode=root", "--variant=essential", "--format=directory", "--skip=check/empty"],
          ...session.options.map((option) => `--aptopt=${option.replace(/;$/, "")}`),
          ...[...dpkgExcludes, "force-unsafe-io"].map((option) => `--dpkgopt=${option}`),
          ...[serverSuite, tree, "-"],
        ],
        { input: session.sources, env: scriptEnvironment, extendEnv: false, all: true, reject: false },
      );
      if (result.failed) throw new Error(`mmdebstrap: ended with ${result.exitCode ?? result.signal ?? "no exit code"}\n${result.all}`);
      // Device nodes: Docker makes its own.
      for (const name of await readdir(join(tree, "dev"))) await rm(join(tree, "dev", name), { recursive: true });
      await changeTree({ tree, scratch, scripts: { before: "", after: "", clean } });
      return { builtAfter: builtAfter() };
    });
  });
}

/** A layer of packages; the layer holds what the installation changed. */
export async function packagesLayer(apt: () => Promise<AptSession>, settings: PackagesSettings): Promise<Layer> {
  const clean = await readFile(join(import.meta.dirname, "clean.sh"), "utf8");
  const { before = "", after = "" } = settings;
  const key = cacheKey(...settings.below.map((layer) => layer.key), ...settings.packages, before, after);
  return cachedLayer(
    settings.title,
    key,
    async (tree, scratch) => {
      const session = await apt();
      return step(`layer: ${settings.title}`, async () => {
        const builtAfter = startClock();
        await changeTree({
          tree,
          scratch,
          scripts: { before, after, clean },
          on: { below: settings.below, packages: settings.packages, session },
        });
        return { builtAfter: builtAfter() };
      });
    },
    settings.below,
  );
}

/**
 * The moment from which on a tree's times are accidents of the build, Unix seconds; to be asked for at its end. Throws when the machine's
 * clock was set meanwhile: the tree would then differ from what another build makes, and stay in the cache.
 */
function startClock(): () => number {
  const [started, monotonic] = [Date.now(), performance.now()];
  return () => {
    const drift = Date.now() - started - (performance.now() - monotonic);
    if (started < epochSeconds * 1000 || Math.abs(drift) > 1000) {
      throw new Error(
        `clock: was ${new Date(started).toISOString()} when the build began and moved by ${Math.round(drift)} ms against itself; ` +
          `set it right and build again`,
      );
    }
    return Math.floor(started / 1000);
  };
}

/** Hash of the code here that decides what gets into a tree. */
async function sourcesKey(): Promise<string> {
  const names = (await readdir(import.meta.dirname)).sort();
  return cacheKey(...(await Promise.all(names.map((name) => readFile(join(import.meta.dirname, name))))));
}
