import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { World } from "./world.ts";

export interface CommandRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An operator's own machine: a checkout, an SSH agent with their key, and no credential of anything else. */
export interface Laptop {
  /** `npm run terrace -- VERB STACK …`, told where the stack's server is. */
  terrace(verb: string, server: string, ...words: string[]): Promise<CommandRun>;
  close(): Promise<void>;
}

export async function operatorsLaptop({ checkout, sandbox }: World): Promise<Laptop> {
  const home = await mkdtemp(join(tmpdir(), "terrace-laptop-"));
  const socket = join(home, "agent.sock");
  const environment = { PATH: process.env["PATH"] ?? "", HOME: home, SSH_AUTH_SOCK: socket };
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  // It names its socket once it listens there.
  await once(agent.stdout, "data");
  const added = await run(spawn("ssh-add", ["-q", "-"], { env: environment }), sandbox.seed.identities.platform.privateKey);
  if (added.exitCode !== 0) throw new Error(`ssh-add: ended with ${added.exitCode}: ${added.stderr}`);
  return {
    terrace: (verb, server, ...words) => {
      const { ipv4, hostKeys } = sandbox.seed.servers[server] ?? { ipv4: "", hostKeys: { ed25519: "" } };
      const where = ["--user", "operator", "--host", ipv4, "--host-key", hostKeys.ed25519];
      const arguments_ = ["run", "--silent", "terrace", "--", verb, server, ...words, ...where];
      return run(spawn("npm", arguments_, { cwd: checkout.directory, env: environment }));
    },
    close: async () => {
      const ended = once(agent, "exit");
      agent.kill();
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Runs `work` while nobody reaches the secret store, the registry or Pulumi's state. */
export async function cutOff<T>({ sandbox }: World, work: () => Promise<T>): Promise<T> {
  const backend = join(sandbox.slot.directory, "pulumi");
  await rename(backend, `${backend}.away`);
  await sandbox.control("registry", "outage");
  await sandbox.control("infisical", "drop");
  try {
    return await work();
  } finally {
    await sandbox.control("infisical", "restore");
    await sandbox.control("registry", "restore");
    await rename(`${backend}.away`, backend);
  }
}

async function run(child: ChildProcess, stdin = ""): Promise<CommandRun> {
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name]?.on("data", (chunk: Buffer) => (text[name] += chunk.toString()));
  child.stdin?.end(stdin);
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode: exitCode ?? -1, ...text };
}
