import type { OperationContext, PlainProperties } from "../base/index.ts";
import { connectionProperties } from "./connection.ts";
import { commandInputs, commandOutputs, define, previewOutput, previousOutput, uniqueId } from "./definition.ts";
import type { NoClient } from "./definition.ts";
import type { CommandOutput } from "./output.ts";
import { runRemotely } from "./remoteProcess.ts";

const inputs = {
  ...commandInputs,
  connection: { type: "object", properties: connectionProperties, required: true, secret: true },
} as const;

/** `command:remote:Command`: every change of an input runs `update`, or `create` again where there is none. */
export const remoteCommand = define.resource({
  token: "command:remote:Command",
  inputs,
  outputs: commandOutputs,
  preview: ({ inputs: given, old }) => previewOutput(given, old),
  create: async (given, context) => ({
    id: uniqueId(context.name),
    outputs: await run(given.create, given, { stdout: "", stderr: "" }, context),
  }),
  update: async ({ inputs: given, oldState }, context) => run(given.update ?? given.create, given, oldState, context),
  // What the state holds counts, the connection included: the program may have forgotten this resource altogether.
  delete: async ({ state }, context) => {
    await run(state.delete, state, previousOutput(state), context);
  },
});

async function run(
  command: string | undefined,
  given: PlainProperties<typeof inputs>,
  previous: CommandOutput,
  context: OperationContext<NoClient>,
): Promise<CommandOutput> {
  if (command === undefined) return { stdout: previous.stdout, stderr: previous.stderr };
  const { connection, stdin, environment = {}, logging } = given;
  return runRemotely(
    { connection, command, stdin, environment, logging, previous: given.addPreviousOutputInEnv === false ? undefined : previous },
    context,
  );
}
