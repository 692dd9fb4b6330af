import { join } from "node:path";
import type { Command } from "../command.ts";

export interface ComposeCall {
  readonly project: string;
  /** The release directory. */
  readonly directory: string;
  /** Second document, on standard input. */
  readonly override: string;
  /** Values of bare environment keys. They go into this one process's environment and nowhere else. */
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * One call of `docker compose`. Only `config` and `create` are ever asked: whatever else it does, it may recreate containers, and they would
 * come without the networks that the host connects. `.env` is not read; the client's own configuration of root neither.
 */
export function composeCommand(call: ComposeCall, words: readonly ["config", "--quiet"] | readonly ["create", ...string[]]): Command {
  return {
    argv: [
      "/usr/bin/docker",
      "--config=/nonexistent",
      "compose",
      `--project-name=${call.project}`,
      `--file=${join(call.directory, "compose.yaml")}`,
      "--file=-",
      "--env-file=/dev/null",
      ...words,
    ],
    stdin: call.override,
    environment: call.secrets,
    timeoutSeconds: 120,
  };
}

/** What compose said, without the time stamps and the progress of its logger: the last line is the cause. */
export function composeFault(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.replace(/^time="[^"]*" level=\w+ msg=/, "").trim())
    .filter((line) => line !== "");
  return lines.at(-1) ?? "docker compose failed without a word";
}
