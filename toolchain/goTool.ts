import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cached, cacheKey } from "../sandbox/shared/cache.ts";
import { goBuildEnvironment, goBuildFlags } from "../sandbox/shared/goBuild.ts";
import { step } from "../sandbox/shared/step.ts";

/** What a build needs besides its `go.mod`. */
interface GoToolSettings {
  /** Variable that the linker sets to the module's version: both programs report "dev" or "3.0.0-dev" without it. */
  readonly versionVariable: string;
  /** The version as the program itself writes it, from the module's (`v1.2.3`). */
  readonly versionText: (moduleVersion: string) => string;
}

const settings = {
  pulumi: {
    versionVariable: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
    versionText: (version) => version,
  },
  traefik: {
    versionVariable: "github.com/traefik/traefik/v3/pkg/version.Version",
    versionText: (version) => version.replace(/^v/, ""),
  },
} satisfies Record<string, GoToolSettings>;

/** A folder of `toolchain/` with a `go.mod` whose `tool` line names the program. */
export type GoToolName = keyof typeof settings;

export const goToolNames = Object.keys(settings) as readonly GoToolName[];

/**
 * Begins to build what the cache lacks of all programs, beside whatever comes next: on a fresh machine that saves minutes. Never fails:
 * whoever needs a program waits for the one that builds it, and tells what went wrong.
 */
export function beginGoTools(): void {
  void Promise.allSettled(goToolNames.map(goTool));
}

/** The program that a `go.mod` asks for. */
export interface PinnedTool {
  /** Import path of the `tool` line. */
  readonly importPath: string;
  /** Version of the module that holds it, as in the `require` line: `v3.230.0`. */
  readonly version: string;
}

/**
 * Path of a Go program that `toolchain/<name>/go.mod` pins, built on the first call and kept in the cache.
 *
 * The binary is static (no C compiler is needed and it runs in an empty container image). A build takes minutes and both processors,
 * so it runs at low priority; concurrent callers, also in other processes, wait for the one that builds.
 */
export async function goTool(name: GoToolName): Promise<string> {
  const directory = join(import.meta.dirname, name);
  const [goMod, goSum, goVersion] = await Promise.all([
    readFile(join(directory, "go.mod"), "utf8"),
    readFile(join(directory, "go.sum")),
    goEnvironment("GOVERSION", "GOOS", "GOARCH"),
  ]);
  const { importPath, version } = pinnedTool(goMod, join("toolchain", name, "go.mod"));
  const flags = buildFlags(settings[name], version);
  const entry = await cached(`go-${name}`, cacheKey(goMod, goSum, goVersion, ...flags), (temporary) =>
    step(`${name} ${version} from its Go module (a few minutes, once)`, () =>
      build(directory, ["build", ...flags, "-o", join(temporary, name), importPath]),
    ),
  );
  return join(entry, name);
}

/** The `tool` line of a `go.mod` and the version of its module. Pure; throws when there is not exactly one tool or its module is not required. */
export function pinnedTool(goMod: string, path: string): PinnedTool {
  const tools = [...goMod.matchAll(/^tool\s+(\S+)\s*$/gm)].map((match) => match[1] ?? "");
  const importPath = tools[0];
  if (importPath === undefined || tools.length !== 1) {
    throw new Error(`${path}: needs exactly one "tool" line, has ${tools.length}; run "go get -tool IMPORT_PATH@VERSION" in that folder`);
  }
  const requirements = [...goMod.matchAll(/^(?:require)?\s+(\S+) (v\S+)(?: \/\/ indirect)?$/gm)]
    .map((match) => ({ module: match[1] ?? "", version: match[2] ?? "" }))
    .filter(({ module }) => importPath === module || importPath.startsWith(`${module}/`))
    .sort((left, right) => right.module.length - left.module.length);
  const holder = requirements[0];
  if (holder === undefined) throw new Error(`${path}: requires no module that holds ${importPath}; run "go mod tidy" in that folder`);
  return { importPath, version: holder.version };
}

function buildFlags(tool: GoToolSettings, version: string): string[] {
  const linker = `-s -w -X ${tool.versionVariable}=${tool.versionText(version)}`;
  return [...goBuildFlags, "-ldflags", linker];
}

async function goEnvironment(...names: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("go", ["env", ...names]).catch((error: unknown) => {
    throw new Error(`go: cannot be run (${String(error)}); install Go 1.25 or later`);
  });
  return stdout;
}

async function build(directory: string, argumentsOfGo: readonly string[]): Promise<void> {
  const child = spawn("nice", ["-n", "10", "go", ...argumentsOfGo], {
    cwd: directory,
    env: { ...process.env, ...goBuildEnvironment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const keep = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-8192);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status !== 0) throw new Error(`go ${argumentsOfGo.join(" ")}: exited with ${String(status)}\n${said.trim()}`);
}
