import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import type { Plugin } from "esbuild";

/** The host program as one file. Here and not in host/: this runs beside Pulumi, never on a server. */

const checkout = resolve(import.meta.dirname, "../..");
const bundledPackages = ["esbuild", "zod", "yaml"] as const;

export interface HostBundle {
  /** The bundle: one CommonJS file for Node 20.19 or later. */
  readonly path: string;
  /** SHA-256 of its bytes, 64 hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Bundles the host program to `<outputDirectory>/terrace.cjs`. The bytes depend only on the sources and the locked versions, not on where
 * the checkout lies. Built again only when one of these changed; otherwise a hash over some hundred small files is all the work.
 */
export async function buildHostBundle(options: { readonly outputDirectory: string }): Promise<HostBundle> {
  const path = join(options.outputDirectory, "terrace.cjs");
  const stamp = `${path}.sources`;
  const sources = sourcesHash();
  const [seen, present] = await Promise.all([readFile(stamp, "utf8").catch(() => undefined), readFile(path).catch(() => undefined)]);
  if (present !== undefined && seen === `${sources} ${sha256(present)}\n`) return { path, sha256: sha256(present) };

  const bundle = await bundleSources();
  await mkdir(options.outputDirectory, { recursive: true });
  await replace(path, bundle, 0o755);
  await replace(stamp, `${sources} ${sha256(bundle)}\n`, 0o644);
  return { path, sha256: sha256(bundle) };
}

async function bundleSources(): Promise<Uint8Array> {
  // Loaded only when there is something to build: it costs a no-op preview more than the hash does.
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    // Paths in the output are relative to this directory, which is what makes two checkouts give the same bytes.
    absWorkingDir: checkout,
    entryPoints: ["host/main.ts"],
    bundle: true,
    write: false,
    platform: "node",
    // ESM output of CommonJS dependencies fails at run time with "Dynamic require".
    format: "cjs",
    target: "node20",
    charset: "utf8",
    legalComments: "none",
    banner: { js: "#!/usr/bin/node" },
    plugins: [englishOnly],
    logLevel: "silent",
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error("esbuild wrote nothing");
  return bundle.contents;
}

/** Zod carries its messages in some forty languages, a third of the bundle; the program speaks one. */
const englishOnly: Plugin = {
  name: "english-only",
  setup: (build) => {
    build.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: "js",
    }));
  },
};

/** Read without waiting in between: a hundred small files are in memory sooner than a hundred promises are kept. */
function sourcesHash(): string {
  const require = createRequire(import.meta.url);
  const hash = createHash("sha256");
  for (const name of bundledPackages) {
    const manifest = join(packageDirectory(require.resolve(name), name), "package.json");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    hash.update(`${name}@${version}\n`);
  }
  for (const file of bundleInputs()) hash.update(`${file}\0${sha256(readFileSync(join(checkout, file)))}\n`);
  return hash.digest("hex");
}

/** Files that the bytes depend on, from the root of the checkout: the sources, and what says how they are bundled, this file included. */
export function bundleInputs(): readonly string[] {
  const sources = ["contract", "host"].flatMap((directory) =>
    readdirSync(join(checkout, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => relative(checkout, join(entry.parentPath, entry.name))),
  );
  return [...sources, relative(checkout, import.meta.filename), "host/tsconfig.json", "tsconfig.json"].sort();
}

/** A package's own folder, found from its entry point: not every package lets its package.json be resolved. */
function packageDirectory(entryPoint: string, name: string): string {
  const marker = join("node_modules", name);
  const index = entryPoint.lastIndexOf(marker);
  if (index === -1) throw new Error(`${entryPoint}: not below ${marker}`);
  return entryPoint.slice(0, index + marker.length);
}

async function replace(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, content, { mode });
  await rename(temporary, path);
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
