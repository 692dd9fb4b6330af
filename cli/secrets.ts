/** `npm run secrets -- generate|check STACK`: makes and checks what stands in the secret store. Shows names only. */
import { checkSecrets, generateStackSecrets } from "./storeCommands.ts";
import { newProgram, runCommand } from "./run.ts";

const program = newProgram("npm run secrets --", "What stands in the secret store, by name only.");

program
  .command("generate")
  .argument("<stack>", "staging, test, prod …")
  .description("make the values that can be made and are absent; never overwrites one")
  .option("--json", "print what was done as JSON")
  .action((stack: string, options: { readonly json?: true }) => runCommand(() => generateStackSecrets(stack, options)));

program
  .command("check")
  .argument("<stack>", "staging, test, prod …")
  .description("tell everything that is missing or malformed")
  .option("--json", "print the count as JSON")
  .action((stack: string, options: { readonly json?: true }) => runCommand(() => checkSecrets(stack, options)));

await program.parseAsync();
