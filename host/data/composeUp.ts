import type { Command } from "../command.ts";

export interface ComposeUp {
  readonly project: string;
  /** Path of the document on the host. */
  readonly file: string;
  /** Values of bare environment keys. They go into this one process's environment and nowhere else. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

function compose({ project, file, secrets, timeoutSeconds }: ComposeUp, words: readonly string[]): Command {
  return {
    argv: [
      "/usr/bin/docker",
      // Root's own client configuration could name credentials, contexts or proxies.
      "--config=/nonexistent",
      "compose",
      `--project-name=${project}`,
      `--file=${file}`,
      "--env-file=/dev/null",
      ...words,
    ],
    environment: secrets,
    timeoutSeconds,
  };
}

/** Judges the document and touches nothing. */
export function composeConfig(call: ComposeUp): Command {
  return compose(call, ["config", "--quiet"]);
}

/**
 * Brings every service to what the document says. Compose compares a hash of each service as it stands in the document, the values of its
 * environment included, with the one it left on the container: what is equal is not touched, what differs is made anew. Images are here
 * already, by digest. A service that was taken out of the document is stopped and removed; its volumes stay.
 */
export function composeUp(call: ComposeUp): Command {
  return compose(call, ["up", "--detach", "--no-build", "--pull=never", "--remove-orphans", "--quiet-pull"]);
}
