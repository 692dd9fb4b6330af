import type { Attribute, Attributes, Fault } from "./schema.ts";
import { field, isFields, isList, pathOf, unknownValue } from "./value.ts";
import type { Fields, Value } from "./value.ts";

/**
 * The faults that the attributes' own checks find in inputs, each with its property path. Presence, names and types are checked before, by
 * the plugin base. Values that are not known yet pass: they are checked again when they are known.
 */
export function validate(attributes: Attributes, inputs: Fields, parent = ""): readonly Fault[] {
  return Object.entries(attributes).flatMap(([name, attribute]) => validateOne(attribute, field(inputs, name), pathOf(parent, name)));
}

function validateOne(attribute: Attribute, value: Value, path: string): readonly Fault[] {
  if (value === null || value === unknownValue) return [];
  const own = (attribute.check?.(value) ?? []).map((fault) => ({ path: join(path, fault.path), reason: fault.reason }));
  return [...own, ...validateInside(attribute, value, path)];
}

function validateInside(attribute: Attribute, value: Value, path: string): readonly Fault[] {
  if (attribute.type === "object" && isFields(value)) return validate(attribute.attributes, value, path);
  if ((attribute.type === "list" || attribute.type === "set") && isList(value)) {
    return value.flatMap((item, index) => validateOne(attribute.element, item, pathOf(path, index)));
  }
  if (attribute.type === "map" && isFields(value)) {
    return Object.entries(value).flatMap(([name, item]) => validateOne(attribute.element, item, pathOf(path, name)));
  }
  return [];
}

function join(path: string, inner: string): string {
  if (inner === "") return path;
  return inner.startsWith("[") ? `${path}${inner}` : `${path}.${inner}`;
}
