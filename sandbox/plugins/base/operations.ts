import { checkProperties } from "./check.ts";
import type { Checked } from "./check.ts";
import type {
  Awaitable,
  Difference,
  DiffRequest,
  FunctionDefinition,
  OperationContext,
  ProviderDefinition,
  ResourceDefinition,
} from "./definition.ts";
import { compareInputs, withAssumed } from "./difference.ts";
import { InitializationError, NotImplementedError } from "./errors.ts";
import type { PropertyTable } from "./property.ts";
import { containsSecret, containsUnknown, mapProperties, markSecrets, Secret, unknown, withoutSecrets } from "./value.ts";
import type { Properties, Value } from "./value.ts";

/** Inputs as the engine knows them: secret marks included, unknowns too in previews. */
export function checkResource(resource: ResourceDefinition<unknown>, name: string, inputs: Properties, oldInputs: Properties): Checked {
  const checked = checkProperties(resource.inputs, inputs);
  if (checked.failures.length > 0 || resource.check === undefined) return checked;
  const own = resource.check(plain(checked.inputs), { name, oldInputs: plain(oldInputs) });
  return { inputs: markSecrets(own.inputs, checked.inputs), failures: own.failures };
}

export function diffResource(
  provider: ProviderDefinition<unknown>,
  resource: ResourceDefinition<unknown>,
  request: DiffRequest,
): Difference & { readonly stables: readonly string[] } {
  const standard = compareInputs(request.oldInputs, request.inputs, {
    table: resource.inputs,
    updatable: resource.update !== undefined,
    secretness: provider.secretnessIsADifference,
  });
  const difference = resource.diff?.(plainRequest(request), standard) ?? standard;
  const stables = Object.entries(resource.outputs).flatMap(([name, property]) => (property.stable === true ? [name] : []));
  return { ...(resource.deleteBeforeReplace === undefined ? {} : { deleteBeforeReplace: true }), ...difference, stables };
}

function plainRequest(request: DiffRequest): DiffRequest {
  return {
    id: request.id,
    inputs: plain(request.inputs),
    oldInputs: plain(request.oldInputs),
    oldState: plain(request.oldState),
  };
}

/** What a resource will look like, as far as that can be said before it is made or changed. */
export function previewResource(resource: ResourceDefinition<unknown>, inputs: Properties, old: DiffRequest | undefined): Properties {
  const known = resource.preview?.({ inputs: plain(inputs), old: old === undefined ? undefined : plainRequest(old) }) ?? {};
  const outputs: Record<string, Value> = {};
  for (const [name, property] of Object.entries(resource.outputs)) {
    const kept = property.stable === true ? old?.oldState[name] : undefined;
    outputs[name] = known[name] ?? kept ?? unknown;
  }
  return secretState(resource, { ...withAssumed(resource.inputs, inputs), ...known, ...outputs }, inputs, {});
}

export interface MadeResource {
  readonly id: string;
  readonly state: Properties;
}

export async function createResource(
  resource: ResourceDefinition<unknown>,
  given: Properties,
  context: OperationContext<unknown>,
): Promise<MadeResource> {
  const inputs = withAssumed(resource.inputs, given);
  const made = await keepingSecrets(resource, inputs, {}, () => resource.create(plain(inputs), context));
  if (made.id === "") throw new Error(`${resource.token}: create returned an empty id`);
  return { id: made.id, state: secretState(resource, { ...inputs, ...made.outputs }, inputs, {}) };
}

export async function updateResource(
  resource: ResourceDefinition<unknown>,
  request: DiffRequest,
  context: OperationContext<unknown>,
): Promise<Properties> {
  const given = withAssumed(resource.inputs, request.inputs);
  const { id, inputs, oldInputs, oldState } = plainRequest({
    ...request,
    inputs: given,
    oldInputs: withAssumed(resource.inputs, request.oldInputs),
  });
  const update = resource.update?.bind(resource);
  if (update === undefined) throw new Error(`${resource.token} cannot be updated: every change is a replacement`);
  const outputs = await keepingSecrets(resource, given, {}, () => update({ id, inputs, oldInputs, oldState }, context));
  return secretState(resource, { ...given, ...outputs }, given, {});
}

/** The world's view; `undefined` when the resource is gone. `kept` is false when there is no state yet: an import, or a program's `get`. */
export async function readResource(
  resource: ResourceDefinition<unknown>,
  request: { readonly id: string; readonly inputs: Properties; readonly state: Properties; readonly kept: boolean },
  context: OperationContext<unknown>,
): Promise<(MadeResource & { readonly inputs: Properties }) | undefined> {
  if (resource.read === undefined) {
    if (!request.kept) throw new NotImplementedError(`import of ${resource.token}`, ["create, update, refresh, delete"]);
    return request;
  }
  const { id, inputs, state } = request;
  const found = await resource.read({ id, inputs: plain(inputs), state: plain(state) }, context);
  if (found === undefined) return undefined;
  return {
    id: found.id,
    inputs: markDeclared(resource.inputs, markSecrets(found.inputs, inputs)),
    state: secretState(resource, { ...found.inputs, ...found.outputs }, inputs, state),
  };
}

export async function deleteResource(
  resource: ResourceDefinition<unknown>,
  request: { readonly id: string; readonly inputs: Properties; readonly state: Properties },
  context: OperationContext<unknown>,
): Promise<void> {
  const { id, inputs, state } = request;
  await resource.delete?.({ id, inputs: plain(inputs), state: plain(state) }, context);
}

/** The function's result: its inputs and its outputs. Everything is secret when an input was, as the engine has it: nobody can say what the result was made from. */
export async function invokeFunction(
  definition: FunctionDefinition<unknown>,
  given: Properties,
  context: OperationContext<unknown>,
): Promise<Checked> {
  const { inputs, failures } = checkProperties(definition.inputs, given);
  if (failures.length > 0) return { inputs: {}, failures };
  if (containsUnknown(inputs)) throw new Error(`${definition.token}: called with values that are not known yet`);
  const result = { ...plain(inputs), ...(await definition.invoke(plain(inputs), context)) };
  if (containsSecret(inputs))
    return { inputs: mapProperties(result, (value) => (value instanceof Secret ? value : new Secret(value))), failures: [] };
  return { inputs: markDeclared(definition.outputs, result), failures: [] };
}

/** Secret marks of a state: those of inputs of the same name, of the old state (refresh), and those that the tables always demand. */
function secretState(resource: ResourceDefinition<unknown>, state: Properties, inputs: Properties, oldState: Properties): Properties {
  return markDeclared({ ...resource.inputs, ...resource.outputs }, markSecrets(markSecrets(state, inputs), oldState));
}

function markDeclared(table: PropertyTable, properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      table[name]?.secret === true && !(value instanceof Secret) ? new Secret(withoutSecrets(value)) : value,
    ]),
  );
}

/** An initialization error carries a state too, and that goes to the state file like any other. */
async function keepingSecrets<T>(
  resource: ResourceDefinition<unknown>,
  inputs: Properties,
  oldState: Properties,
  work: () => Awaitable<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InitializationError)) throw error;
    throw new InitializationError(error.reasons, {
      id: error.id,
      outputs: secretState(resource, { ...inputs, ...error.outputs }, inputs, oldState),
    });
  }
}

/** Properties as a provider sees them: no secret marks, and what is null is not there. */
function plain(properties: Properties): Properties {
  return withoutSecrets(Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null)));
}
