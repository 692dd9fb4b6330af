/** Stands for a value that only the API can tell, or that comes from a resource which does not exist yet. */
export const unknownValue: unique symbol = Symbol("unknown");

/** A property as the program gives it or the state holds it. Absent and null mean the same. */
export type Value = null | string | number | boolean | typeof unknownValue | readonly Value[] | Fields;

/** An object, by property name. */
export interface Fields {
  readonly [name: string]: Value;
}

/** Whether a value is an object with named fields. */
export function isFields(value: Value | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a list. */
export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** The named field of an object, null where there is none. */
export function field(fields: Fields | null, name: string): Value {
  return fields !== null && Object.hasOwn(fields, name) ? (fields[name] ?? null) : null;
}

/** The text of a named field. @throws Error when it is anything else or empty */
export function textOf(fields: Fields, name: string): string {
  const value = field(fields, name);
  if (typeof value !== "string" || value === "")
    throw new Error(`${name}: must be a text that is known and not empty; got ${shown(value)}`);
  return value;
}

/** A value for a message. */
export function shown(value: Value): string {
  return value === unknownValue ? "a value that is not known yet" : JSON.stringify(value);
}

/** Whether two values are the same to the last leaf; a field that is absent equals one that is null. */
export function equal(left: Value, right: Value): boolean {
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => equal(item, right[index] ?? null));
  }
  if (isFields(left) && isFields(right)) {
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((name) => equal(field(left, name), field(right, name)));
  }
  return left === right;
}

/** The same object without the fields that are null. */
export function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** The property path of a field under a parent, as Pulumi writes it: `rules[0].actionParameters`, `headers["X-A"]`. */
export function pathOf(parent: string, step: string | number): string {
  if (typeof step === "number") return `${parent}[${step}]`;
  if (!/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(step)) return `${parent}[${JSON.stringify(step)}]`;
  return parent === "" ? step : `${parent}.${step}`;
}
