/** `npm run promote -- STACK --from STACK | --digests FILE`: writes digests and where they came from into a stack file. */
import { promote, type PromoteOptions } from "./promoteCommand.ts";
import { newProgram, runCommand } from "./run.ts";

await newProgram("npm run promote --", "Write the images of a build, or those that another stack runs, into a stack file. Deploys nothing.")
  .argument("<stack>", "the stack to promote into")
  .option("--app <app>", "an app of the stack; may be repeated (default: all)", (app: string, before: string[] | undefined) => [
    ...(before ?? []),
    app,
  ])
  .option("--from <stack>", "take what this stack runs")
  .option("--digests <file>", "take what a build published: image-digests.json")
  .option("--version <version>", "version for people (default: that of the source, else the commit)")
  .option("--requested-by <who>", "who asks (default: CI's actor, else git's author)")
  .option("--run <link>", 'the CI run (default: its link in CI, else "local")')
  .option("--json", "print what was written as JSON")
  .action((stack: string, options: PromoteOptions) => runCommand(() => Promise.resolve(promote(stack, options))))
  .parseAsync();
