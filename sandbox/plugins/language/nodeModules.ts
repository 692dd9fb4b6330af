import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What matters of an installed package's `package.json`. */
export interface InstalledPackage {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** The `pulumi` section of a provider's package; some older ones have it in a file of its own. */
  readonly pulumi: PulumiSection | undefined;
}

export interface PulumiSection {
  readonly resource?: boolean;
  readonly name?: string;
  readonly version?: string;
  readonly server?: string;
  readonly parameterization?: { readonly name: string; readonly version: string; readonly value: string };
}

/** A provider plugin that the program's packages ask for. */
export interface RequiredPlugin {
  readonly name: string;
  /** With a leading "v". */
  readonly version: string;
  readonly server: string;
  readonly parameterization: PulumiSection["parameterization"];
}

/**
 * Every package under the program's `node_modules`, nested ones too.
 *
 * The official language host walks the whole program directory, symbolic links included, and so meets every checkout, server root and cache
 * that lies in it. A package that a program can import is in `node_modules`.
 */
export function installedPackages(programDirectory: string): InstalledPackage[] {
  const found: InstalledPackage[] = [];
  const visit = (nodeModules: string): void => {
    for (const entry of entries(nodeModules)) {
      if (entry.startsWith(".")) continue;
      const path = join(nodeModules, entry);
      if (entry.startsWith("@")) visit(path);
      else {
        const manifest = readManifest(path);
        if (manifest !== undefined) found.push(manifest);
        visit(join(path, "node_modules"));
      }
    }
  };
  visit(join(programDirectory, "node_modules"));
  return found;
}

/** The plugins that those packages ask for, each once. */
export function requiredPlugins(packages: readonly InstalledPackage[]): RequiredPlugin[] {
  const plugins = new Map<string, RequiredPlugin>();
  for (const { name, version, pulumi } of packages) {
    if (pulumi?.resource !== true) continue;
    const plugin = {
      name: pulumi.name ?? pluginName(name),
      version: `v${(pulumi.version ?? version).replace(/^v/, "")}`,
      server: pulumi.server ?? "",
      parameterization: pulumi.parameterization,
    };
    plugins.set(JSON.stringify(plugin), plugin);
  }
  return [...plugins.values()];
}

function pluginName(packageName: string): string {
  if (packageName.startsWith("@pulumi/")) return packageName.slice("@pulumi/".length);
  throw new Error(`${packageName}/package.json: a provider's package outside @pulumi needs "name" in its "pulumi" section`);
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // Most packages have no node_modules of their own.
  }
}

function readManifest(path: string): InstalledPackage | undefined {
  const manifest = readJson(join(path, "package.json"));
  if (manifest === undefined) return undefined;
  const { name, version, pulumi } = manifest as { name?: string; version?: string; pulumi?: PulumiSection };
  const section = pulumi ?? (readJson(join(path, "pulumi-plugin.json")) as PulumiSection | undefined);
  return { path, name: name ?? "", version: version ?? "", pulumi: section };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as unknown;
  } catch {
    return undefined; // Not there, or a package's test fixture that is no JSON: no plugin either way.
  }
}
