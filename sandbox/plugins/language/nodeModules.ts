import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What matters of an installed package's `package.json`. */
export interface InstalledPackage {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** The section that a provider's package has. */
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

/** Every package under the program's `node_modules`, nested ones too. */
export function installedPackages(programDirectory: string): InstalledPackage[] {
  return packageDirectories(programDirectory).flatMap((path) => readManifest(path, readText(join(path, "package.json"))) ?? []);
}

/**
 * The plugins that those packages ask for, each once.
 *
 * The official language host walks the whole program directory, symbolic links included, and so meets every checkout, server root and cache
 * that lies in it. A package that a program can import is in `node_modules`. Of the hundreds there a handful mentions Pulumi: only these are
 * parsed, since every preview waits for this.
 */
export function requiredPlugins(programDirectory: string): RequiredPlugin[] {
  const plugins = new Map<string, RequiredPlugin>();
  for (const path of packageDirectories(programDirectory)) {
    const text = readText(join(path, "package.json"));
    if (text === undefined || !text.includes('"pulumi"')) continue;
    const { name = "", version = "", pulumi } = readManifest(path, text) ?? {};
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

function packageDirectories(programDirectory: string): string[] {
  const found: string[] = [];
  const visit = (nodeModules: string): void => {
    for (const entry of readdirSync(nodeModules)) {
      const path = join(nodeModules, entry);
      if (entry.startsWith("@")) visit(path);
      else if (!entry.startsWith(".")) {
        found.push(path);
        visitIfThere(join(path, "node_modules"));
      }
    }
  };
  // Asked first: a missing folder is the rule here, and an exception for each would cost more than all the rest.
  const visitIfThere = (nodeModules: string): void => {
    if (existsSync(nodeModules)) visit(nodeModules);
  };
  visitIfThere(join(programDirectory, "node_modules"));
  return found;
}

function pluginName(packageName: string): string {
  if (packageName.startsWith("@pulumi/")) return packageName.slice("@pulumi/".length);
  throw new Error(`${packageName}/package.json: a provider's package outside @pulumi needs "name" in its "pulumi" section`);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // A folder that is no package.
  }
}

/** Undefined for what is no manifest, such as a package's own test fixtures. */
function readManifest(path: string, text: string | undefined): InstalledPackage | undefined {
  if (text === undefined) return undefined;
  try {
    const { name = "", version = "", pulumi } = JSON.parse(text) as { name?: string; version?: string; pulumi?: PulumiSection };
    return { path, name, version, pulumi };
  } catch {
    return undefined;
  }
}
