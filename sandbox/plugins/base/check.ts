import type { CheckFailure } from "./definition.ts";
import type { Property, PropertyTable, PropertyType } from "./property.ts";
import { Asset, isList, isObject, Secret, Unknown } from "./value.ts";
import type { Properties, Value } from "./value.ts";

export interface Checked {
  readonly inputs: Properties;
  readonly failures: readonly CheckFailure[];
}

/**
 * Holds properties against a table: fills in defaults, marks what is always secret, and reports every name that is not in the table, every
 * missing name and every value of the wrong type. Unknown values pass: they are checked again when they are known.
 * What lies inside a secret is not marked once more. A null counts as absent, as it does in the engine's own decoders.
 */
export function checkProperties(table: PropertyTable, given: Properties, path = "", concealed = false): Checked {
  const inputs: Record<string, Value> = {};
  const failures: CheckFailure[] = [];
  for (const [name, value] of Object.entries(given)) {
    const property = table[name];
    if (property === undefined) {
      const reason = `the property ${JSON.stringify(name)} is not implemented by the sandbox's provider (it has: ${Object.keys(table).join(", ")}); remove it or install the official plugin`;
      failures.push({ property: join(path, name), reason });
    } else if (value !== null) {
      const checked = checkValue(property, value, join(path, name), concealed || property.secret === true);
      inputs[name] = concealed ? checked.value : conceal(property, checked.value);
      failures.push(...checked.failures);
    }
  }
  for (const [name, property] of Object.entries(table)) {
    if (inputs[name] !== undefined || (given[name] ?? null) !== null) continue;
    if (property.default !== undefined) inputs[name] = concealed ? property.default : conceal(property, property.default);
    else if (property.required === true) failures.push({ property: join(path, name), reason: `Missing required property '${name}'` });
  }
  return { inputs, failures };
}

interface CheckedValue {
  readonly value: Value;
  readonly failures: readonly CheckFailure[];
}

function checkValue(type: PropertyType, value: Value, path: string, concealed: boolean): CheckedValue {
  if (value instanceof Unknown) return { value, failures: [] };
  if (value instanceof Secret) {
    const inner = checkValue(type, value.value, path, true);
    return { value: new Secret(inner.value), failures: inner.failures };
  }
  const wrong = (expected: string): CheckedValue => ({
    value,
    failures: [{ property: path, reason: `expected ${expected}, got ${describe(value, concealed)}` }],
  });
  switch (type.type) {
    case "string":
      if (typeof value !== "string") return wrong("a string");
      if (type.values !== undefined && !type.values.includes(value)) return wrong(`one of ${type.values.join(", ")}`);
      return { value, failures: [] };
    case "number":
      return typeof value === "number" ? { value, failures: [] } : wrong("a number");
    case "integer":
      return Number.isInteger(value) ? { value, failures: [] } : wrong("a whole number");
    case "boolean":
      return typeof value === "boolean" ? { value, failures: [] } : wrong("true or false");
    case "any":
      return { value, failures: [] };
    case "asset":
      return value instanceof Asset ? { value, failures: [] } : wrong("an asset or an archive");
    case "array": {
      if (!isList(value)) return wrong("a list");
      const items = value.map((item, index) => checkValue(type.items, item, `${path}[${index}]`, concealed));
      return { value: items.map((item) => item.value), failures: items.flatMap((item) => item.failures) };
    }
    case "map": {
      if (!isObject(value)) return wrong("an object");
      const items = Object.entries(value).map(([name, item]) => [name, checkValue(type.items, item, join(path, name), concealed)] as const);
      return {
        value: Object.fromEntries(items.map(([name, item]) => [name, item.value])),
        failures: items.flatMap(([, item]) => item.failures),
      };
    }
    case "object": {
      if (!isObject(value)) return wrong("an object");
      const { inputs, failures } = checkProperties(type.properties, value, path, concealed);
      return { value: inputs, failures };
    }
  }
}

function conceal(property: Property, value: Value): Value {
  return property.secret === true && !(value instanceof Secret) ? new Secret(value) : value;
}

/** A value for a message, or only its kind when it is or may be secret. */
function describe(value: Value, concealed: boolean): string {
  const kind =
    value === null
      ? "null"
      : value instanceof Asset
        ? `an ${value.form}`
        : isList(value)
          ? "a list"
          : isObject(value)
            ? "an object"
            : `a ${typeof value}`;
  return concealed || typeof value === "object" ? kind : `${kind} ${JSON.stringify(value)}`;
}

/** A property path as the engine writes it: `rules[0].expression`, `environment["a-b"]`. */
export function join(path: string, name: string): string {
  if (/[^A-Za-z0-9_]/.test(name)) return `${path}["${name.replaceAll('"', '\\"')}"]`;
  return path === "" ? name : `${path}.${name}`;
}
