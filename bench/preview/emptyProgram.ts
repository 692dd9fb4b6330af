import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/**
 * The least that a program with this project's providers can be: it makes all of them, imported by their own paths, and nothing else.
 * Plain JavaScript, no settings, no secrets, no resource; so the control is as quick as Pulumi allows.
 */
const source = `import { Provider as Cloudflare } from "@pulumi/cloudflare/provider.js";
import { Provider as Command } from "@pulumi/command/provider.js";
import { Provider as Docker } from "@pulumi/docker/provider.js";

new Command("remote");
new Docker("docker", { host: "ssh://registry-lookup-only", disableDockerDaemonCheck: true });
new Cloudflare("cloudflare", { apiToken: "${"0".repeat(40)}" });
`;

const project = `name: empty
runtime:
  name: nodejs
  options:
    typescript: false
main: index.js
`;

export interface EmptyProgram {
  readonly directory: string;
  remove(): Promise<void>;
}

/** Writes it into a folder of its own, with this project's installed packages. */
export async function emptyProgram(): Promise<EmptyProgram> {
  const directory = await mkdtemp(join(tmpdir(), "terrace-empty-"));
  await writeFile(join(directory, "package.json"), '{ "name": "empty", "type": "module" }\n');
  await writeFile(join(directory, "Pulumi.yaml"), project);
  await writeFile(join(directory, "index.js"), source);
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}
