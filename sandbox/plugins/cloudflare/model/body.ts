import { wireName } from "./schema.ts";
import type { Attribute, Attributes } from "./schema.ts";
import { equal, field, isFields, isList, unknownValue } from "./value.ts";
import type { Fields, Value } from "./value.ts";

/** JSON as it goes over the wire. */
export type Json = null | string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

/**
 * The body of a request that makes the resource what the plan says: every value that is the program's to give, in the order of the names.
 * What only the API gives or what is unknown is left out. With a state, a value that the state has and the plan has not goes as an explicit
 * null. Rules of the official provider's encoder (terraform-provider-cloudflare v5.22.0, `internal/apijson/encoder.go`).
 */
export function wholeBody(attributes: Attributes, planned: Fields, state: Fields | null = null): { readonly [name: string]: Json } {
  return encodeFields(attributes, planned, state ?? planned);
}

/** The body of a PATCH: only values that differ from the state. */
export function changedBody(attributes: Attributes, planned: Fields, state: Fields): { readonly [name: string]: Json } {
  const entries = sent(attributes).flatMap(([name, wire]): readonly (readonly [string, Json])[] => {
    const after = field(planned, name);
    const before = field(state, name);
    return after === unknownValue || equal(after, before) ? [] : [[wire, changedJson(after, before)]];
  });
  return Object.fromEntries(entries);
}

/** Where both sides are objects only the names that differ go, removed ones as null; anything else goes whole. */
function changedJson(after: Value, before: Value): Json {
  if (!isFields(after) || !isFields(before)) return plain(after);
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])].sort();
  const changed = names.filter((name) => !equal(field(after, name), field(before, name)));
  return Object.fromEntries(changed.map((name) => [name, changedJson(field(after, name), field(before, name))]));
}

function encodeFields(attributes: Attributes, planned: Fields, state: Fields): { readonly [name: string]: Json } {
  const entries = sent(attributes).flatMap(([name, wire, attribute]): readonly (readonly [string, Json])[] => {
    const value = field(planned, name);
    const before = field(state, name);
    if (value === unknownValue || (value === null && before === null)) return [];
    return [[wire, value === null ? null : encode(attribute, value, before)]];
  });
  return Object.fromEntries(entries);
}

function encode(attribute: Attribute, value: Value, before: Value): Json {
  if (attribute.type === "object" && isFields(value)) return encodeFields(attribute.attributes, value, isFields(before) ? before : value);
  if ((attribute.type === "list" || attribute.type === "set") && isList(value)) {
    // The items of a list go as a whole: there is no telling which item of the state one of them was.
    return value.map((item) => encode(attribute.element, item, item));
  }
  if (attribute.type === "map" && isFields(value)) {
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((name) => [name, encode(attribute.element, field(value, name), field(value, name))]),
    );
  }
  return plain(value);
}

function plain(value: Value): Json {
  if (value === unknownValue) throw new Error("a value that is not known yet cannot be sent; this is a fault of the plugin");
  if (isList(value)) return value.map(plain);
  if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
  return value;
}

function sent(attributes: Attributes): readonly (readonly [name: string, wire: string, attribute: Attribute])[] {
  return Object.entries(attributes)
    .filter(([, attribute]) => attribute.mode !== "computed" && attribute.inUrl !== true && attribute.own !== true)
    .map(([name, attribute]) => [name, wireName(name, attribute), attribute] as const)
    .sort(([, left], [, right]) => (left < right ? -1 : left > right ? 1 : 0));
}
