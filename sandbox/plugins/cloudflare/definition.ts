import { definitionsFor, isList, isObject, unknown, Unknown } from "../base/index.ts";
import type {
  FunctionDefinition,
  OperationContext,
  Properties,
  PropertyTable,
  PropertyType,
  ResourceDefinition,
  Value,
} from "../base/index.ts";
import type { CloudflareClient } from "./client.ts";
import type { Lookup } from "./functions/lookup.ts";
import { difference } from "./model/difference.ts";
import { inputsOf, refreshedInputs } from "./model/inputs.ts";
import { plan } from "./model/plan.ts";
import type { Model, Reach } from "./model/resource.ts";
import type { Attribute, Attributes } from "./model/schema.ts";
import { validate } from "./model/validate.ts";
import { isFields, isList as isModelList, textOf, unknownValue } from "./model/value.ts";
import type { Fields, Value as ModelValue } from "./model/value.ts";

const define = definitionsFor<CloudflareClient>();

/**
 * A resource of the model as the plugin base serves it. The table has the inputs only: what a plan makes of the outputs, unknown or kept, is
 * said by the plan, which knows more about it than a table could.
 */
export function resourceOf(model: Model): ResourceDefinition<CloudflareClient> {
  const planned = (inputs: Properties, state: Properties | null): Fields => {
    const before = state === null ? null : complete(model.attributes, fromBase(state));
    const proposed = plan(model.attributes, before, fromBase(inputs));
    return model.adjust?.(proposed, before) ?? proposed;
  };
  return define.resource({
    token: model.token,
    inputs: tableOf(model.attributes),
    outputs: {},
    check: (inputs) => ({ inputs, failures: failuresOf(model, fromBase(inputs)) }),
    diff: ({ inputs, oldState }) => {
      const { details } = difference(model.attributes, complete(model.attributes, fromBase(oldState)), planned(inputs, oldState));
      return { properties: details };
    },
    preview: ({ inputs, old }) => toBase(planned(inputs, old?.oldState ?? null)),
    async create(inputs, context) {
      if (model.creationWarning !== undefined) context.log.warning(model.creationWarning);
      const state = await model.create(planned(inputs, null), reach(context));
      return { id: textOf(state, "id"), outputs: toBase(state) };
    },
    async update({ inputs, oldState }, context) {
      return toBase(await model.update(planned(inputs, oldState), fromBase(oldState), reach(context)));
    },
    async read({ id, inputs, state }, context) {
      const isImport = Object.keys(state).length === 0;
      const found = await model.read(isImport ? model.located(id) : fromBase(state), reach(context));
      if (found === null) {
        context.log.warning("Resource not found: Cloudflare no longer has it, so it leaves the state");
        return undefined;
      }
      const newInputs = isImport ? inputsOf(model.attributes, found) : refreshedInputs(model.attributes, fromBase(inputs), found);
      return { id: textOf(found, "id"), inputs: toBase(newInputs), outputs: toBase(found) };
    },
    async delete({ state }, context) {
      await model.remove?.(fromBase(state), reach(context));
    },
  });
}

/** A function of the model as the plugin base serves it. */
export function functionOf(lookup: Lookup): FunctionDefinition<CloudflareClient> {
  return define.function({
    token: lookup.token,
    inputs: tableOf(lookup.inputs),
    outputs: {},
    async invoke(inputs, context) {
      const faults = failuresOf(
        { attributes: lookup.inputs, ...(lookup.check === undefined ? {} : { check: lookup.check }) },
        fromBase(inputs),
      );
      if (faults.length > 0)
        throw new Error(faults.map(({ property, reason }) => `${property === "" ? "arguments" : property}: ${reason}`).join("; "));
      return toBase(await lookup.invoke(fromBase(inputs), reach(context)));
    },
  });
}

function failuresOf(
  model: Pick<Model, "attributes" | "check">,
  inputs: Fields,
): readonly { readonly property: string; readonly reason: string }[] {
  return [...validate(model.attributes, inputs), ...(model.check?.(inputs) ?? [])].map(({ path, reason }) => ({ property: path, reason }));
}

function reach(context: OperationContext<CloudflareClient>): Reach {
  return { client: context.client, signal: context.signal };
}

/** Only the attributes of the resource, each of them there: states hold no nulls, and may hold entries of an official plugin. */
function complete(attributes: Attributes, state: Fields): Fields {
  return Object.fromEntries(Object.keys(attributes).map((name) => [name, state[name] ?? null]));
}

function tableOf(attributes: Attributes): PropertyTable {
  const given = Object.entries(attributes).filter(([, attribute]) => attribute.mode !== "computed");
  return Object.fromEntries(
    given.map(([name, attribute]) => [
      name,
      {
        ...typeOf(attribute),
        ...(attribute.mode === "required" ? { required: true as const } : {}),
        ...(attribute.replaces === true ? { replaces: true as const } : {}),
      },
    ]),
  );
}

function typeOf(attribute: Attribute): PropertyType {
  switch (attribute.type) {
    case "string":
    case "time":
    case "json":
      return { type: "string" };
    case "number":
    case "boolean":
    case "any":
      return { type: attribute.type };
    case "list":
    case "set":
      return { type: "array", items: typeOf(attribute.element) };
    case "map":
      return { type: "map", items: typeOf(attribute.element) };
    case "object":
      return { type: "object", properties: tableOf(attribute.attributes) };
  }
}

function fromBase(properties: Partial<Properties>): Fields {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, fromBaseValue(value ?? null)]));
}

function fromBaseValue(value: Value): ModelValue {
  if (value instanceof Unknown) return unknownValue;
  if (isList(value)) return value.map(fromBaseValue);
  if (isObject(value)) return fromBase(value);
  if (value === null || typeof value !== "object") return value;
  throw new Error(`a property of Cloudflare cannot hold ${value.constructor.name}`);
}

/** Without the nulls, which a state does not hold. */
function toBase(fields: Fields): Properties {
  const entries = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([name, value]) => [name, toBaseValue(value)]));
}

function toBaseValue(value: ModelValue): Value {
  if (value === unknownValue) return unknown;
  if (isModelList(value)) return value.map(toBaseValue);
  if (isFields(value)) return toBase(value);
  return value;
}
