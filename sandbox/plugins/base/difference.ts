import { join } from "./check.ts";
import type { Difference, DifferenceKind, PropertyDifference } from "./definition.ts";
import type { PropertyTable } from "./property.ts";
import { isList, isObject, sameValue } from "./value.ts";
import type { Properties, Value } from "./value.ts";

export interface ComparisonRules {
  readonly table: PropertyTable;
  /** False when the resource has no update. */
  readonly updatable: boolean;
  readonly secretness: boolean;
}

/**
 * What changed between two sets of inputs, by path, as the engine's own comparison has it (sdk/go/common/resource/properties_diff.go): objects
 * and lists are followed inwards, a secret value is one thing, lists are compared by position. Names that begin with "__" belong to bridged
 * official plugins and are left alone, so that a state can move between those and these.
 */
export function compareInputs(old: Properties, current: Properties, rules: ComparisonRules): Difference {
  const found: [string, DifferenceKind][] = [];
  const internal = (properties: Properties): Properties =>
    Object.fromEntries(Object.entries(properties).filter(([name]) => !name.startsWith("__")));
  const complete = (properties: Properties): Properties => withAssumed(rules.table, internal(properties));
  compareObjects(complete(old), complete(current), "", rules, found);
  const properties = found.map(([path, kind]): [string, PropertyDifference] => {
    const top = /^(?:\["(?:[^"\\]|\\.)*"\]|[^.[]+)/.exec(path)?.[0] ?? path;
    return [path, { kind, replaces: !rules.updatable || rules.table[top]?.replaces === true }];
  });
  return { properties: Object.fromEntries(properties) };
}

/** Properties with what holds in place of those that are not given. */
export function withAssumed(table: PropertyTable, properties: Properties): Properties {
  const assumed = Object.entries(table).flatMap(([name, { assumed: value }]) => (value === undefined ? [] : [[name, value] as const]));
  const given = Object.entries(properties).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(assumed), ...Object.fromEntries(given) };
}

function compareObjects(
  old: Properties,
  current: Properties,
  path: string,
  rules: ComparisonRules,
  found: [string, DifferenceKind][],
): void {
  for (const name of new Set([...Object.keys(old), ...Object.keys(current)])) {
    compareValues(old[name] ?? null, current[name] ?? null, join(path, name), rules, found);
  }
}

function compareValues(old: Value, current: Value, path: string, rules: ComparisonRules, found: [string, DifferenceKind][]): void {
  if (isObject(old) && isObject(current)) {
    compareObjects(old, current, path, rules, found);
    return;
  }
  if (isList(old) && isList(current)) {
    for (let index = 0; index < Math.max(old.length, current.length); index++) {
      const inner = `${path}[${index}]`;
      if (index >= old.length) found.push([inner, "add"]);
      else if (index >= current.length) found.push([inner, "delete"]);
      else compareValues(old[index] ?? null, current[index] ?? null, inner, rules, found);
    }
    return;
  }
  if (sameValue(old, current, { secretness: rules.secretness })) return;
  found.push([path, old === null ? "add" : current === null ? "delete" : "update"]);
}
