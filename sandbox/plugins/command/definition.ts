import { randomBytes } from "node:crypto";
import { definitionsFor, isObject, sameValue, unknown, Unknown } from "../base/index.ts";
import type { DiffRequest, Properties, Property, Value } from "../base/index.ts";

/** Every operation opens its own connection: there is nothing to keep. */
export interface NoClient {
  readonly kind: "none";
}

export const define = definitionsFor<NoClient>();

/** Inputs of local and remote commands. `triggers` replaces even when there is an `update` command, whatever upstream's documentation says. */
export const commandInputs = {
  create: { type: "string" },
  update: { type: "string" },
  delete: { type: "string" },
  stdin: { type: "string" },
  environment: { type: "map", items: { type: "string" } },
  triggers: { type: "array", items: { type: "any" }, replaces: true },
  logging: { type: "string", values: ["stdout", "stderr", "stdoutAndStderr", "none"] },
  addPreviousOutputInEnv: { type: "boolean" },
} as const satisfies Record<string, Property>;

export const commandOutputs = {
  stdout: { type: "string", required: true },
  stderr: { type: "string", required: true },
} as const satisfies Record<string, Property>;

/** Upstream's ids: a prefix and eight hexadecimal digits. */
export function uniqueId(prefix: string): string {
  return prefix + randomBytes(4).toString("hex");
}

/**
 * What a preview of an update knows of stdout and stderr: the old ones, unless an input that the state holds has changed or is unknown.
 * An input that is only added does not count; that is how pulumi-go-provider has it (infer/resource.go, markComputed).
 */
export function previewOutput(inputs: Properties, old: DiffRequest | undefined): Properties {
  if (old === undefined) return {};
  const changed = Object.keys({ ...inputs, ...old.oldState })
    .filter((name) => !(name in commandOutputs))
    .some(
      (name) =>
        inputs[name] instanceof Unknown || (name in old.oldState && !sameValue(inputs[name], old.oldState[name], { secretness: false })),
    );
  const kept = (name: string): Value => (changed ? unknown : (old.oldState[name] ?? unknown));
  return { stdout: kept("stdout"), stderr: kept("stderr") };
}

/** The previous output of a command, where the state has one. */
export function previousOutput(state: Properties): { readonly stdout: string; readonly stderr: string } {
  const text = (value: Value | undefined): string => (typeof value === "string" ? value : "");
  return isObject(state) ? { stdout: text(state["stdout"]), stderr: text(state["stderr"]) } : { stdout: "", stderr: "" };
}
