import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { generateSshKey, publicKeyOf } from "../../src/secrets/sshKey.ts";

export interface TestHost {
  readonly port: number;
  readonly hostKey: string;
  /** `user: command` of everything that was run. */
  readonly commands: readonly string[];
  /** What the next command prints and ends with; `null` breaks the connection instead. */
  answer: { readonly stdout: string; readonly stderr: string; readonly exitCode: number } | null;
  close(): Promise<void>;
}

/** A host that takes any key and runs nothing: it records the command and answers as it is told. */
export async function startHost(): Promise<TestHost> {
  const key = generateSshKey("host");
  const commands: string[] = [];
  const host: { answer: TestHost["answer"] } = { answer: { stdout: "", stderr: "", exitCode: 0 } };
  const server = new ssh2.Server({ hostKeys: [key] }, (client) => {
    let user = "";
    client.on("error", () => undefined);
    client.on("authentication", (context) => {
      user = context.username;
      if (context.method === "publickey") context.accept();
      else context.reject(["publickey"]);
    });
    client.on("session", (accept) => {
      accept().on("exec", (acceptExec, _reject, { command }) => {
        commands.push(`${user}: ${command}`);
        const { answer } = host;
        if (answer === null) {
          client.end();
          return;
        }
        const channel = acceptExec();
        channel.stderr.write(answer.stderr);
        channel.write(answer.stdout);
        channel.exit(answer.exitCode);
        channel.end();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(host, {
    port: (server.address() as AddressInfo).port,
    hostKey: publicKeyOf(key),
    commands,
    close: async () => {
      server.close();
      await Promise.resolve();
    },
  });
}

/** A person's agent with one key in it; its socket goes into SSH_AUTH_SOCK. */
export class TestAgent {
  readonly socket: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "terrace-agent-"));
  readonly #process: ChildProcess;

  private constructor() {
    this.socket = join(this.#directory, "agent");
    this.#process = spawn("ssh-agent", ["-D", "-a", this.socket], { stdio: ["ignore", "pipe", "ignore"] });
  }

  static async start(): Promise<TestAgent> {
    const agent = new TestAgent();
    // It prints where it listens, once it does.
    if (agent.#process.stdout !== null) await once(agent.#process.stdout, "data");
    const key = join(agent.#directory, "key");
    writeFileSync(key, generateSshKey("person"), { mode: 0o600 });
    execFileSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: agent.socket }, stdio: "ignore" });
    return agent;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
