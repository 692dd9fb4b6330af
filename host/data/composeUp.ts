import type { Command } from "../command.ts";
import { dockerCompose } from "../docker/compose.ts";
import type { ComposeCall } from "../docker/compose.ts";

export interface ComposeUp extends Pick<ComposeCall, "project" | "secrets" | "timeoutSeconds"> {
  /** Path of the document on the host. */
  readonly file: string;
}

/** Judges the document and touches nothing. */
export function composeConfig({ file, ...call }: ComposeUp): Command {
  return dockerCompose({ ...call, files: [file] }, ["config", "--quiet"]);
}

/**
 * Brings every service to what the document says. Compose compares a hash of each service as it stands in the document, the values of its
 * environment included, with the one it left on the container: what is equal is not touched, what differs is made anew. Images are here
 * already, by digest. A service that was taken out of the document is stopped and removed; its volumes stay.
 */
export function composeUp({ file, ...call }: ComposeUp): Command {
  return dockerCompose({ ...call, files: [file] }, ["up", "--detach", "--no-build", "--pull=never", "--remove-orphans", "--quiet-pull"]);
}
