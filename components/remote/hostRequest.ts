// The deep path spares a no-op preview the loading of the package's other resources.
import { Command } from "@pulumi/command/remote/command.js";
import type { Input, Output, CustomResourceOptions } from "@pulumi/pulumi";
import { toConnection } from "./connection.ts";
import type { HostConnection } from "./hostConnection.ts";

/** The entries of the host program, each a fixed command without arguments that takes JSON on standard input. */
export type HostEntry = "platform" | "host-secrets" | "secrets" | "data" | "rollout" | "retire" | "retire-data";

export interface HostRequestArgs {
  readonly connection: HostConnection;
  /** Entry that carries the request out, on create and on every change. */
  readonly entry: HostEntry;
  /** The request in canonical JSON. */
  readonly request: Input<string>;
  /** Entry that gets the request as Pulumi kept it when the resource is destroyed. Without one only the state forgets it. */
  readonly destroyEntry?: HostEntry;
  /** The request holds secret values: nothing of the run is shown or kept in clear. */
  readonly secret?: boolean;
}

export interface HostRequest {
  readonly resource: Command;
  /** The host's result: one line of canonical JSON. */
  readonly result: Output<string>;
}

/**
 * One request to the host program, over one SSH connection, when and only when the request or the connection changed.
 *
 * No `triggers` (they replace: the new one would run before the old one's delete), no `environment` (sshd refuses it), no previous output
 * sent back. The request is the whole input, so a preview's diff of it is the whole change.
 */
export function hostRequest(name: string, args: HostRequestArgs, options: CustomResourceOptions): HostRequest {
  const resource = new Command(
    name,
    {
      connection: toConnection(args.connection),
      create: commandOf(args.entry),
      ...(args.destroyEntry === undefined ? {} : { delete: commandOf(args.destroyEntry) }),
      stdin: args.request,
      // Standard error is progress for people, live. A secret request's progress names no value, but its log is not worth the risk.
      logging: args.secret === true ? "none" : "stderr",
      addPreviousOutputInEnv: false,
    },
    args.secret === true ? { ...options, additionalSecretOutputs: ["stdin", "stdout", "stderr"] } : options,
  );
  return { resource, result: resource.stdout };
}

/** sudo asks no password for these, and for nothing else; as root it changes nothing. */
function commandOf(entry: HostEntry): string {
  return `sudo -n /opt/terrace/bin/terrace-${entry}`;
}
