import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How long one rollout took, by the clock of the machine that asked for it. Seconds since it asked. */
export interface RolloutTime {
  /** Visitors get the new release, and that was checked. */
  readonly confirmed: number;
  /** The command returned. */
  readonly returned: number;
  /** When each phase ended; only for a side that tells. */
  readonly phases: Readonly<Record<string, number>>;
}

/** One way of bringing a release out on a server. */
export interface Side {
  readonly name: string;
  /** Port of the server on which its ingress listens for TLS, and the name it answers to. */
  readonly port: number;
  readonly host: string;
  /** Makes `tag` of the API run; throws what the command said when it failed. */
  rollOut(tag: string): Promise<RolloutTime>;
}

export interface SshTarget {
  readonly user: string;
  readonly address: string;
  readonly privateKey: string;
}

/** Runs a command over a new SSH connection. `onStep` hears of each `==> title` line when it comes. Throws all output on failure. */
export async function overSsh(target: SshTarget, command: string, stdin: string, onStep: (title: string) => void): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "terrace-bench-"));
  const key = join(directory, "key");
  try {
    await writeFile(key, target.privateKey, { mode: 0o600 });
    // Both sides connect to a server that the benchmark itself has just made: its host key is not what is measured.
    const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
    const words = ["-F", "none", "-i", key, ...options.flatMap((option) => ["-o", option]), `${target.user}@${target.address}`, command];
    await run("ssh", words, stdin, onStep);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function run(program: string, words: readonly string[], stdin: string, onStep: (title: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    let line = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const lines = (line + chunk.toString()).split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) if (whole.startsWith("==> ")) onStep(whole.slice(4));
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${String(code)}:\n${said}`));
    });
    child.stdin.end(stdin);
  });
}
