/** `npm run terrace -- status|history|rollback …`: the host program's verbs from a laptop, with the person's own SSH keys. */
import { type Command, Option } from "commander";
import { instanceName } from "../contract/index.ts";
import { runOnHost } from "./hostCommand.ts";
import type { RemoteOptions } from "./remote.ts";
import { newProgram, runCommand } from "./run.ts";

interface Printed extends RemoteOptions {
  readonly json?: true;
}

const program = newProgram(
  "npm run terrace --",
  "What runs on a stack's host, and a way back. Needs SSH to the host and nothing else: no CI, no secret store, no Pulumi.",
);

function verb(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument("<stack>", "staging, test, prod …")
    .option("--host <address>", "address of the host (default: host.address of the stack file)")
    .option("--host-key <key>", 'its ed25519 host key, "ssh-ed25519 AAAA…" (default: host.hostKey of the stack file)')
    .option("--port <port>", "port of SSH (default: host.port of the stack file)")
    .option("--user <login>", "your login on the host (default: as your SSH configuration says)");
}

verb("status", "what runs, since when and how well")
  .argument("[app]", "only this app")
  .option("--json", "as JSON")
  .action((stack: string, app: string | undefined, options: Printed) =>
    runCommand(() => runOnHost(stack, options, ["status", ...(app === undefined ? [] : [instanceName(app, stack)]), ...json(options)])),
  );

verb("history", "what was done to an app, newest first")
  .argument("<app>", "the app")
  .option("--limit <count>", "at most so many lines", "20")
  .option("--json", "as JSON")
  .action((stack: string, app: string, options: Printed & { readonly limit: string }) =>
    runCommand(() => runOnHost(stack, options, ["history", instanceName(app, stack), "--limit", options.limit, ...json(options)])),
  );

verb("rollback", "put an earlier release of an app back into service")
  .argument("<app>", "the app")
  .option("--steps <count>", "how many releases back (default: 1)")
  .addOption(new Option("--release <name>", "to this release, as history names it").conflicts("steps"))
  .requiredOption("--reason <text>", "why, for the history")
  .action(
    (
      stack: string,
      app: string,
      options: RemoteOptions & { readonly steps?: string; readonly release?: string; readonly reason: string },
    ) => {
      const target = options.release === undefined ? ["--steps", options.steps ?? "1"] : ["--release", options.release];
      const words = ["rollback", instanceName(app, stack), ...target, "--reason", options.reason];
      return runCommand(() => runOnHost(stack, options, words, true));
    },
  );

function json(options: Printed): readonly string[] {
  return options.json === true ? ["--json"] : [];
}

await program.parseAsync();
