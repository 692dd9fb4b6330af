import type { OperationContext, PlainProperties } from "../base/index.ts";
import { commandInputs, commandOutputs, define, previewOutput, previousOutput, uniqueId } from "./definition.ts";
import { runLocally } from "./localProcess.ts";
import type { CommandOutput } from "./output.ts";

/** `assetPaths` and `archivePaths` are not here and so are refused by name. */
const placeInputs = { dir: { type: "string" }, interpreter: { type: "array", items: { type: "string" } } } as const;
const inputs = { ...commandInputs, ...placeInputs } as const;

/** `command:local:Command`: runs in the project's directory unless told otherwise, with the whole environment of the CLI. */
export const localCommand = define.resource({
  token: "command:local:Command",
  inputs,
  outputs: commandOutputs,
  preview: ({ inputs: given, old }) => previewOutput(given, old),
  create: async (given, context) => ({
    id: uniqueId(context.name),
    outputs: await run(given.create, given, { stdout: "", stderr: "" }, context),
  }),
  update: async ({ inputs: given, oldState }, context) => run(given.update ?? given.create, given, oldState, context),
  delete: async ({ state }, context) => {
    await run(state.delete, state, previousOutput(state), context);
  },
});

const { stdin, environment, logging, addPreviousOutputInEnv } = commandInputs;

/** `local.run`: runs in every preview and every up. */
export const localRun = define.function({
  token: "command:local:run",
  inputs: { command: { type: "string", required: true }, stdin, environment, logging, addPreviousOutputInEnv, ...placeInputs },
  outputs: commandOutputs,
  invoke: async (given, context) => run(given.command, given, { stdout: "", stderr: "" }, context),
});

type Place = Pick<PlainProperties<typeof inputs>, "stdin" | "environment" | "logging" | "addPreviousOutputInEnv" | "dir" | "interpreter">;

async function run(
  command: string | undefined,
  given: Place,
  previous: CommandOutput,
  context: OperationContext<unknown>,
): Promise<CommandOutput> {
  if (command === undefined) return { stdout: previous.stdout, stderr: previous.stderr };
  return runLocally({ ...given, command, previous: given.addPreviousOutputInEnv === false ? undefined : previous }, context);
}
