import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, cacheKey } from "../shared/cache.ts";
import { checkoutDirectory } from "../shared/paths.ts";
import { sources } from "../shared/sources.ts";

/** A provider with a folder here, or the language host. */
export const pluginNames = ["language", "command", "random", "cloudflare", "docker"] as const;
export type PluginName = (typeof pluginNames)[number];

/**
 * The folder with one self-contained CommonJS file per plugin (`random.cjs`), built when a source changed.
 *
 * One file and no module resolution is most of what makes a plugin start quickly; CommonJS, because esbuild's ESM output of CommonJS
 * dependencies fails at run time. Native add-ons stay outside: those of ssh2 are optional.
 */
export async function pluginBundles(): Promise<string> {
  const lock = await readFile(join(checkoutDirectory, "package-lock.json"));
  return cached("pulumi-plugins", cacheKey("1", lock, ...(await sources(import.meta.dirname))), async (directory) => {
    await Promise.all(pluginNames.map((name) => bundle(name, join(directory, `${name}.cjs`))));
  });
}

async function bundle(name: PluginName, outfile: string): Promise<void> {
  await build({
    stdin: { contents: entry(name), resolveDir: import.meta.dirname, sourcefile: `${name}.ts`, loader: "ts" },
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    minifySyntax: true,
    minifyWhitespace: true,
    external: ["*.node", "cpu-features"],
    logLevel: "error",
    legalComments: "none",
  });
}

function entry(name: PluginName): string {
  if (name === "language") return `import "./language/main.ts";`;
  return `import { serveProvider } from "./base/serve.ts";\nimport { ${name}Provider } from "./${name}/provider.ts";\nvoid serveProvider(${name}Provider);`;
}
