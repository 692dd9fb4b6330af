import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { installPulumi } from "../../../../../sandbox/plugins/install.ts";

const checkout = resolve(import.meta.dirname, "../../../../..");

export interface Outcome {
  readonly code: number | null;
  /** stdout and stderr as a person sees them. */
  readonly output: string;
}

/** A little Pulumi program of its own, outside the checkout, with its own backend and a stack `dev`. */
export interface EngineStack {
  pulumi(...arguments_: readonly string[]): Promise<Outcome>;
  setConfig(values: Readonly<Record<string, string>>): Promise<void>;
  setProgram(program: string): Promise<void>;
  /** Every file of the backend, one after the other. */
  stateText(): Promise<string>;
  remove(): Promise<void>;
}

/** Sets up engine and plugins as the sandbox does and makes an empty stack. The first call on a machine builds the engine. */
export async function createEngineStack(name: string, environment: Readonly<Record<string, string>>): Promise<EngineStack> {
  const directory = await mkdtemp(join(tmpdir(), `terrace-${name}-`));
  const [program, backend] = [join(directory, "program"), join(directory, "backend")];
  await mkdir(program);
  await mkdir(backend);
  const installation = await installPulumi({ home: join(directory, "home") });
  const variables = {
    ...process.env,
    ...installation.environment,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: "passphrase of a test",
    NO_COLOR: "1",
    ...environment,
  };
  await symlink(join(checkout, "node_modules"), join(program, "node_modules"));
  await writeFile(join(program, "package.json"), JSON.stringify({ name, type: "module" }));
  await writeFile(join(program, "Pulumi.yaml"), `name: ${name}\nruntime: {name: nodejs, options: {typescript: false}}\nmain: index.js\n`);

  const pulumi = (...arguments_: readonly string[]): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const child = spawn("pulumi", [...arguments_, "--non-interactive"], {
        cwd: program,
        env: variables,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, output }));
    });
  const made = await pulumi("stack", "init", "dev");
  if (made.code !== 0) throw new Error(made.output);
  const salt = await readFile(join(program, "Pulumi.dev.yaml"), "utf8");

  return {
    pulumi,
    setConfig: (values) => {
      const lines = Object.entries(values).map(([key, value]) => `  ${name}:${key}: ${JSON.stringify(value)}\n`);
      return writeFile(join(program, "Pulumi.dev.yaml"), `${salt}config:\n${lines.join("")}`);
    },
    setProgram: (text) => writeFile(join(program, "index.js"), text),
    stateText: async () => {
      const files = await readdir(backend, { recursive: true, withFileTypes: true });
      const texts = files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), "utf8"));
      return (await Promise.all(texts)).join("\n");
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
