import type { Attribute, Attributes } from "./schema.ts";
import { field, isFields, isList } from "./value.ts";
import type { Fields, Value } from "./value.ts";

/** The inputs that would make a resource as it was found: everything that a program may give and that has a value. For imports. */
export function inputsOf(attributes: Attributes, state: Fields): Fields {
  return collect(Object.keys(attributes), (name) => {
    const attribute = attributes[name];
    return attribute === undefined || attribute.mode === "computed" ? null : inputOf(attribute, field(state, name));
  });
}

function inputOf(attribute: Attribute, value: Value): Value {
  if (attribute.type === "object" && isFields(value)) return inputsOf(attribute.attributes, value);
  if (attribute.type === "list" && isList(value)) return value.map((item) => inputOf(attribute.element, item));
  return value;
}

/**
 * The same inputs with the values that a refresh found: what the program does not say stays unsaid, so that what Cloudflare fills in does not
 * look like a change. Items that a list has beyond those of the program are shown in full: somebody added them.
 */
export function refreshedInputs(attributes: Attributes, old: Fields, state: Fields): Fields {
  return collect(Object.keys(old), (name) => {
    const attribute = attributes[name];
    return attribute === undefined ? null : refreshedInput(attribute, field(old, name), field(state, name));
  });
}

function refreshedInput(attribute: Attribute, old: Value, found: Value): Value {
  if (attribute.type === "object" && isFields(old) && isFields(found)) return refreshedInputs(attribute.attributes, old, found);
  if (attribute.type === "list" && isList(old) && isList(found)) {
    return found.map((item, index) =>
      index < old.length ? refreshedInput(attribute.element, old[index] ?? null, item) : inputOf(attribute.element, item),
    );
  }
  return found;
}

function collect(names: readonly string[], value: (name: string) => Value): Fields {
  return Object.fromEntries(names.map((name) => [name, value(name)] as const).filter(([, item]) => item !== null));
}
