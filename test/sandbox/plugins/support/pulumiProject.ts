import { execa } from "execa";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { installPulumi } from "../../../../sandbox/plugins/install.ts";
import { checkoutDirectory } from "../../../../sandbox/shared/paths.ts";

export interface PulumiRun {
  readonly exitCode: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

export interface StateResource {
  readonly type: string;
  readonly urn: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** A throw-away project with a state file of its own, run by the real engine. */
export interface PulumiProject {
  readonly directory: string;
  /** Of every run; a test may change it. */
  readonly environment: Record<string, string>;
  /** Replaces `index.ts`. */
  program(source: string): Promise<void>;
  file(path: string, content: string): Promise<void>;
  run(...argumentsOfPulumi: string[]): Promise<PulumiRun>;
  /** `up --yes --skip-preview`; fails the test when the command fails. */
  up(...more: string[]): Promise<string>;
  /** The stack's resources as the state file has them, without the stack and its providers. */
  resources(options?: { readonly showSecrets: boolean }): Promise<readonly StateResource[]>;
  outputs(): Promise<Readonly<Record<string, unknown>>>;
  remove(): Promise<void>;
}

const manifest = `name: throwaway
runtime: { name: nodejs, options: { typescript: false } }
main: index.ts
`;

export async function pulumiProject(options: { readonly environment?: Readonly<Record<string, string>> } = {}): Promise<PulumiProject> {
  const root = await mkdtemp(join(tmpdir(), "pulumi-project-"));
  const directory = join(root, "project");
  await Promise.all([mkdir(directory), mkdir(join(root, "state"))]);
  const installation = await installPulumi({ home: join(root, "home") });
  const environment: Record<string, string> = {
    ...installation.environment,
    PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase",
    ...options.environment,
  };
  const project: PulumiProject = {
    directory,
    environment,
    program: (source) => project.file("index.ts", source),
    file: async (path, content) => {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    },
    run: async (...argumentsOfPulumi) => {
      const { exitCode, all } = await execa("pulumi", [...argumentsOfPulumi, "--non-interactive", "--color", "never"], {
        cwd: directory,
        env: environment,
        all: true,
        reject: false,
        stdin: "ignore",
      });
      return { exitCode: exitCode ?? -1, output: all };
    },
    up: async (...more) => {
      const { exitCode, output } = await project.run("up", "--yes", "--skip-preview", ...more);
      if (exitCode !== 0) throw new Error(`pulumi up exited with ${exitCode}:\n${output}`);
      return output;
    },
    resources: async (resourceOptions = { showSecrets: false }) => {
      const { output } = await project.run("stack", "export", ...(resourceOptions.showSecrets ? ["--show-secrets"] : []));
      const { deployment } = JSON.parse(output) as { deployment: { resources?: readonly StateResource[] } };
      // The engine keeps them in the order in which they came about this time.
      const resources = (deployment.resources ?? []).filter(({ type }) => !type.startsWith("pulumi:"));
      return resources.toSorted((a, b) => (a.urn < b.urn ? -1 : 1));
    },
    outputs: async () => JSON.parse((await project.run("stack", "output", "--json", "--show-secrets")).output) as Record<string, unknown>,
    remove: () => rm(root, { recursive: true, force: true }),
  };
  await project.file("Pulumi.yaml", manifest);
  await project.file("package.json", JSON.stringify({ name: "throwaway", type: "module" }));
  await symlink(join(checkoutDirectory, "node_modules"), join(directory, "node_modules"));
  const { exitCode, output } = await project.run("stack", "init", "dev");
  if (exitCode !== 0) throw new Error(output);
  return project;
}
