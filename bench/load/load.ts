import { spawn } from "node:child_process";
import { join } from "node:path";
import type { LoadOptions, Sample } from "./openLoop.ts";

export interface RunningLoad {
  /** Ends it and gives what it saw. */
  stop(): Promise<readonly Sample[]>;
}

/** Starts the load generator in a process of its own and returns once it sends. */
export async function startLoad(options: LoadOptions): Promise<RunningLoad> {
  // Sandbox variables (a preload, extra CAs) are for other programs; the generator is told everything it needs.
  const environment = { ...process.env, NODE_OPTIONS: "", NODE_EXTRA_CA_CERTS: "" };
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
    env: environment,
  });
  let output = "";
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  await new Promise<void>((started) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("started\n")) started();
    });
    void ended.then(() => started());
  });
  return {
    stop: async () => {
      child.stdin.end();
      const exitCode = await ended;
      if (exitCode !== 0) throw new Error(`the load generator ended with ${String(exitCode)}`);
      return JSON.parse(output.slice(output.indexOf("\n") + 1)) as Sample[];
    },
  };
}
