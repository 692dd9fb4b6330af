import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import type { RuntimeOptions } from "./options.ts";

/** One run of a program. The names are those of the engine's RunRequest. */
export interface ProgramRun {
  readonly monitorAddress: string;
  readonly engineAddress: string;
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
  readonly rootDirectory: string;
  readonly programDirectory: string;
  /** `main` of Pulumi.yaml, or "." */
  readonly entryPoint: string;
  readonly arguments: readonly string[];
  /** `project:name` to value, secrets in clear: the program gets them in its environment, as with the official host. */
  readonly config: ReadonlyMap<string, string>;
  readonly configSecretKeys: readonly string[];
  readonly dryRun: boolean;
  readonly parallel: number;
  readonly options: RuntimeOptions;
}

export interface ProgramResult {
  /** Empty when the program ended well, and when it has said everything itself (`bail`). */
  readonly error: string;
  readonly bail: boolean;
}

/** The SDK's runner ends with this code after it has shown the person what went wrong. */
const alreadyReported = 32;

/** What V8 writes when memory ran out; the second line is what the inspector, which the SDK uses, makes of it. */
const outOfMemory = ["<--- Last few GCs --->", "Check failed: needs_context && current_scope_ == closure_scope_"];

/** Runs the program in a Node of its own: the one in PATH, with everything in this process's environment. Never throws for a fault of the program. */
export async function runProgram(run: ProgramRun, environment: NodeJS.ProcessEnv, cancelled: AbortSignal): Promise<ProgramResult> {
  let command: { node: string; argumentsOfNode: string[]; env: NodeJS.ProcessEnv };
  try {
    const runner = environment["PULUMI_LANGUAGE_NODEJS_RUN_PATH"] ?? "@pulumi/pulumi/cmd/run";
    command = {
      node: findExecutable("node", environment["PATH"] ?? ""),
      argumentsOfNode: programArguments(run, resolveModule(runner, run.programDirectory)),
      env: programEnvironment(run, environment),
    };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error), bail: false };
  }
  const child = spawn(command.node, command.argumentsOfNode, { env: command.env, stdio: ["ignore", "inherit", "pipe"] });
  const memoryRanOut = watchForOutOfMemory(child);
  const end = interruptOn(cancelled, child);
  try {
    const status = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? -1)); // A signal has no code; the official host says -1 then.
    });
    if (status === 0) return { error: "", bail: false };
    if (status === alreadyReported) return { error: "", bail: true };
    return { error: `Program exited with non-zero exit code: ${status}${memoryRanOut() ? `. ${memoryAdvice}` : ""}`, bail: false };
  } catch (error) {
    return { error: `Problem executing program (could not run language executor): ${String(error)}`, bail: false };
  } finally {
    end();
  }
}

const memoryAdvice =
  "The Node process seems to have run out of memory; give it more by `nodeargs: --max-old-space-size=<megabytes>` in the runtime options of Pulumi.yaml";

/** Arguments of Node: its own options, the SDK's runner and that one's flags, then the program. */
export function programArguments(run: ProgramRun, runner: string): string[] {
  const flags: [string, string][] = [
    ["monitor", run.monitorAddress],
    ["engine", run.engineAddress],
    ["organization", run.organization],
    ["project", run.project],
    ["root-directory", run.rootDirectory],
    ["stack", run.stack],
    ["pwd", run.programDirectory],
  ];
  const given = flags.flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value]));
  const dryRun = run.dryRun ? ["--dry-run"] : [];
  return [...run.options.nodeArguments, runner, ...given, ...dryRun, "--parallel", String(run.parallel), run.entryPoint, ...run.arguments];
}

export function programEnvironment(run: ProgramRun, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const config = [...run.config].map(([key, value]) => [longKey(key), value]);
  return {
    ...environment,
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(run.configSecretKeys),
    // Said in both cases: a value from outside must not turn ts-node on.
    PULUMI_NODEJS_TYPESCRIPT: String(run.options.typescript),
    ...(run.options.tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: run.options.tsconfig }),
  };
}

/** `project:name` as `project:config:name`, which every version of the SDK understands. */
function longKey(key: string): string {
  const parts = key.split(":");
  if (parts.length === 2) return `${parts[0]}:config:${parts[1]}`;
  if (parts.length === 3 && parts[1] === "config") return key;
  throw new Error(`could not parse ${key} as a configuration key (it should have the form <namespace>:<name>)`);
}

/** Where the program would find a module. Throws with what to do when it is not installed. */
export function resolveModule(module: string, programDirectory: string): string {
  try {
    return createRequire(join(programDirectory, "package.json")).resolve(module);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new Error(`${module} is not installed in ${programDirectory}. Have you run pulumi install?`, { cause: error });
  }
}

/** An executable file of that name in a search path. */
export function findExecutable(name: string, searchPath: string): string {
  for (const directory of searchPath.split(delimiter)) {
    const path = join(directory === "" ? "." : directory, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      continue; // Not there: the next directory may have it.
    }
  }
  throw new Error(`could not find ${name} on the $PATH`);
}

/** Passes the program's stderr on and looks for what V8 says at the end of its memory. */
function watchForOutOfMemory(child: ChildProcess): () => boolean {
  let seen = false;
  let rest = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    process.stderr.write(chunk);
    const text = rest + chunk.toString("latin1");
    seen ||= outOfMemory.some((sign) => text.includes(sign));
    rest = text.slice(-100); // A sign may be cut in two.
  });
  return () => seen;
}

/** Interrupts the program when the engine cancels, and kills it when it has not ended five seconds later. Returns what undoes that. */
function interruptOn(cancelled: AbortSignal, child: ChildProcess): () => void {
  let timer: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    child.kill("SIGINT");
    timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  };
  if (cancelled.aborted) interrupt();
  else cancelled.addEventListener("abort", interrupt, { once: true });
  return () => {
    cancelled.removeEventListener("abort", interrupt);
    clearTimeout(timer);
  };
}
