import { spawn } from "node:child_process";

export interface PulumiRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams as a person sees them. */
  readonly output: string;
  readonly seconds: number;
}

export interface Pulumi {
  /** Runs the command line, whatever it ends with. */
  run(...args: string[]): Promise<PulumiRun>;
  /** Runs it and throws its output when it does not end with 0. */
  ok(...args: string[]): Promise<PulumiRun>;
}

/** The engine's command line in a directory, with nothing of the tester's own environment but what is given. */
export function pulumiIn(directory: string, environment: Readonly<Record<string, string>>): Pulumi {
  const run = async (...args: string[]): Promise<PulumiRun> => {
    const started = performance.now();
    const child = spawn("pulumi", ["--non-interactive", "--color=never", ...args], {
      cwd: directory,
      env: { ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "", output: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk: Buffer) => {
        text[name] += chunk.toString();
        text.output += chunk.toString();
      });
    }
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? -1));
    });
    return { exitCode, ...text, seconds: (performance.now() - started) / 1000 };
  };
  return {
    run,
    ok: async (...args) => {
      const result = await run(...args);
      if (result.exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${result.exitCode}:\n${result.output}`);
      return result;
    },
  };
}
