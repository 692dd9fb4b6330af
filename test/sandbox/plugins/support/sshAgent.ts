import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** OpenSSH's agent with one private key in it. */
export async function startSshAgent(privateKey: string): Promise<{ readonly socket: string; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "ssh-agent-"));
  const socket = join(directory, "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
  await once(agent.stdout, "data");
  const add = spawn("ssh-add", ["-q", "-"], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: ["pipe", "inherit", "inherit"] });
  add.stdin.end(privateKey.endsWith("\n") ? privateKey : `${privateKey}\n`);
  const [code] = (await once(add, "exit")) as [number | null];
  if (code !== 0) throw new Error(`ssh-add exited with ${String(code)}`);
  return {
    socket,
    close: async () => {
      agent.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
