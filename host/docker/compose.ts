import type { ReasonCode } from "../../contract/index.ts";
import type { Command, CommandResult } from "../command.ts";
import { Failure } from "../ending.ts";

/** One call of `docker compose`. */
export interface ComposeCall {
  readonly project: string;
  /** Documents, each a path on the host or `-` for standard input; a later one adds to those before it. */
  readonly files: readonly string[];
  readonly stdin?: string;
  /** Values of bare environment keys. They go into this one process's environment and nowhere else. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** `.env` is not read; neither is root's own client configuration, which could name credentials, contexts or proxies. */
export function dockerCompose({ project, files, stdin, secrets, timeoutSeconds }: ComposeCall, words: readonly string[]): Command {
  return {
    argv: [
      "/usr/bin/docker",
      "--config=/nonexistent",
      "compose",
      `--project-name=${project}`,
      ...files.map((file) => `--file=${file}`),
      "--env-file=/dev/null",
      ...words,
    ],
    ...(stdin === undefined ? {} : { stdin }),
    environment: secrets,
    timeoutSeconds,
  };
}

/** What compose says when it is not the document that is at fault, and what that means. */
const causes: readonly (readonly [ReasonCode, RegExp])[] = [
  ["disk_low", /no space left on device|disk quota exceeded/i],
  ["docker_unreachable", /cannot connect to the docker daemon|error during connect/i],
];

/**
 * Why a call failed, by compose's own words, which go through `mask`. Only a document that compose does not take is the release's own fault;
 * `whenTimedOut` is the code for one that was not done in time.
 */
export function composeFailure(
  { stderr, timedOut }: Pick<CommandResult, "stderr" | "timedOut">,
  mask: (text: string) => string,
  whenTimedOut: ReasonCode = "docker_unreachable",
): Failure {
  if (timedOut) return new Failure("aborted", whenTimedOut, mask(`docker compose was not done in time: ${composeFault(stderr)}`));
  const code = causes.find(([, pattern]) => pattern.test(stderr))?.[0] ?? "compose_invalid";
  return new Failure("aborted", code, mask(composeFault(stderr)));
}

/** What compose said, without the time stamps and the progress of its logger: the last line is the cause. */
function composeFault(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.replace(/^time="[^"]*" level=\w+ msg=/, "").trim())
    .filter((line) => line !== "");
  return lines.at(-1) ?? "docker compose said nothing";
}
