import type { Attribute, Attributes } from "./schema.ts";
import { equal, field, isFields, isList, unknownValue } from "./value.ts";
import type { Fields, Value } from "./value.ts";

/**
 * What a resource will be once the API has taken the inputs: the inputs, their defaults, what stays, and `unknownValue` for what only the API can
 * tell. Nothing is asked of the API. Order as in Terraform's plugin framework (`server_planresourcechange.go`): values of the state for what
 * the program leaves to the API, then defaults, then, only if anything changed, unknowns, then what stays nevertheless.
 *
 * @param state the resource as last seen, null when it is to be created
 */
export function plan(attributes: Attributes, state: Fields | null, inputs: Fields): Fields {
  const proposed = propose(attributes, state, inputs);
  if (state !== null && equal(proposed, state)) return proposed;
  return keepWhatStays(attributes, state, inputs, markUnknown(attributes, proposed, inputs));
}

function propose(attributes: Attributes, state: Fields | null, inputs: Fields): Fields {
  return mapFields(attributes, (name, attribute) => proposeOne(attribute, field(state, name), field(inputs, name)));
}

function proposeOne(attribute: Attribute, state: Value, input: Value): Value {
  if (input === null) {
    if (attribute.initial !== undefined) return attribute.initial;
    return leftToApi(attribute) ? state : null;
  }
  if (attribute.type === "object" && isFields(input)) return propose(attribute.attributes, isFields(state) ? state : null, input);
  if (attribute.type === "list" && isList(input)) {
    return input.map((item, index) => proposeOne(attribute.element, isList(state) ? (state[index] ?? null) : null, item));
  }
  if (attribute.type === "map" && isFields(input)) {
    return mapFields(input, (name, item) => proposeOne(attribute.element, isFields(state) ? field(state, name) : null, item));
  }
  if (attribute.type === "set" && isList(input) && isList(state) && sameMembers(input, state)) return state;
  return input;
}

/** The order of a set says nothing: the API may answer in another one. */
function sameMembers(left: readonly Value[], right: readonly Value[]): boolean {
  const holds = (items: readonly Value[], wanted: Value): boolean => items.some((item) => equal(item, wanted));
  return left.length === right.length && left.every((item) => holds(right, item)) && right.every((item) => holds(left, item));
}

function markUnknown(attributes: Attributes, planned: Fields, inputs: Fields): Fields {
  return mapFields(attributes, (name, attribute) => markOne(attribute, field(planned, name), field(inputs, name)));
}

function markOne(attribute: Attribute, planned: Value, input: Value): Value {
  if (input === null) return leftToApi(attribute) && attribute.initial === undefined ? unknownValue : planned;
  if (attribute.type === "object" && isFields(input) && isFields(planned)) return markUnknown(attribute.attributes, planned, input);
  if (attribute.type === "list" && isList(input) && isList(planned)) {
    return planned.map((item, index) => markOne(attribute.element, item, input[index] ?? null));
  }
  if (attribute.type === "map" && isFields(input) && isFields(planned)) {
    return mapFields(planned, (name, item) => markOne(attribute.element, item, field(input, name)));
  }
  return planned;
}

function keepWhatStays(attributes: Attributes, state: Fields | null, inputs: Fields, planned: Fields): Fields {
  return mapFields(attributes, (name, attribute) => {
    const stays = attribute.stays === true && field(planned, name) === unknownValue && field(inputs, name) !== unknownValue;
    const before = field(state, name);
    return stays && before !== null ? before : field(planned, name);
  });
}

function leftToApi(attribute: Attribute): boolean {
  return attribute.mode === "computed" || attribute.mode === "computedOptional";
}

function mapFields<T>(fields: { readonly [name: string]: T }, change: (name: string, value: T) => Value): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(name, value)]));
}
