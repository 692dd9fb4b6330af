import { defineProvider } from "../base/index.ts";
import { copyToRemote } from "./copyToRemote.ts";
import { localCommand, localRun } from "./localCommand.ts";
import { remoteCommand } from "./remoteCommand.ts";

/** Stands in for the plugin of `@pulumi/command` 1.2.1, which is made with pulumi-go-provider. */
export const commandProvider = defineProvider({
  name: "command",
  version: "1.2.1",
  secretnessIsADifference: true,
  config: {},
  configure: () => ({ kind: "none" as const }),
  resources: [remoteCommand, copyToRemote, localCommand],
  functions: [localRun],
});
