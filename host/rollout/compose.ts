import { join } from "node:path";
import type { Command } from "../command.ts";
import { dockerCompose } from "../docker/compose.ts";
import type { ComposeCall } from "../docker/compose.ts";

export interface ColourCall extends Pick<ComposeCall, "project" | "secrets"> {
  /** The release directory. */
  readonly directory: string;
  /** Second document, on standard input. */
  readonly override: string;
}

/**
 * One call of `docker compose` for a colour. Only `config` and `create` are ever asked: whatever else it does, it may recreate containers, and
 * they would come without the networks that the host connects.
 */
export function composeCommand(
  { project, secrets, directory, override }: ColourCall,
  words: readonly ["config", "--quiet"] | readonly ["create", ...string[]],
): Command {
  const files = [join(directory, "compose.yaml"), "-"];
  return dockerCompose({ project, files, stdin: override, secrets, timeoutSeconds: 120 }, words);
}
