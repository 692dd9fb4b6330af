import * as pulumi from "@pulumi/pulumi";

export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const secretMark = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** How a secret input arrives at a mock, so that a test can assert that it is one. */
export function secret(value: unknown): unknown {
  return { [secretMark]: secretSignature, value };
}

/**
 * Runs `build` under Pulumi's mocks and gives back every registration, in order of arrival. An invoke nobody expected throws: a mock that
 * answers plausibly would hide it.
 *
 * Not shown by mocks: parents, aliases, URNs, the order of operations. The integration tests look at those through the engine.
 */
export async function registrations(build: () => void | Promise<void>): Promise<readonly Registration[]> {
  const seen: Registration[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        seen.push({ type: args.type, name: args.name, inputs: args.inputs as Record<string, unknown> });
        return { id: `${args.name}-id`, state: { ...(args.inputs as object), stdout: "{}", stderr: "" } };
      },
      call: (args) => {
        throw new Error(`unexpected invoke: ${args.token}`);
      },
    },
    "terrace",
    "staging",
  );
  await build();
  await pulumi.runtime.disconnect();
  return seen.filter(({ type }) => type !== "pulumi:pulumi:Stack");
}
