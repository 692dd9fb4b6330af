import { Command } from "@pulumi/command/remote/command.js";
import { CopyToRemote } from "@pulumi/command/remote/copyToRemote.js";
import { asset, type CustomResourceOptions, type Input } from "@pulumi/pulumi";
import { toConnection } from "./connection.ts";
import type { HostConnection } from "./hostConnection.ts";

export interface HostProgramArgs {
  readonly connection: HostConnection;
  /** The bundle on this machine, relative to the program, so that the path in the state is the same everywhere. */
  readonly bundlePath: string;
  /** SHA-256 of the bundle. */
  readonly sha256: string;
  /** Text of the bootstrap script, the project's only shell. */
  readonly bootstrap: string;
  /** What makes it another host, or the same one anew: CopyToRemote itself never looks whether its file is still there. */
  readonly identity: readonly Input<string | number>[];
}

/** Puts the host program on a bare server. Why in this way: `docs/decisions/0001-how-the-host-program-arrives.md`. */
export function hostProgram(name: string, args: HostProgramArgs, options: CustomResourceOptions): Command {
  // Relative to the login's home, which the login may write and others may not.
  const uploadPath = `terrace-upload/${args.sha256}.cjs`;
  const upload = new CopyToRemote(
    `${name}-upload`,
    {
      connection: toConnection(args.connection),
      source: new asset.FileAsset(args.bundlePath),
      remotePath: uploadPath,
      triggers: [...args.identity],
    },
    options,
  );
  return new Command(
    name,
    {
      connection: toConnection(args.connection),
      create: `sh -s -- ${uploadPath} ${args.sha256}`,
      stdin: args.bootstrap,
      triggers: [...args.identity],
      logging: "stderr",
      addPreviousOutputInEnv: false,
    },
    { ...options, dependsOn: upload },
  );
}
