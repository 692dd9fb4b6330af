import type { Attribute, Attributes } from "./schema.ts";
import { equal, field, isFields, isList, pathOf, unknownValue } from "./value.ts";
import type { Fields, Value } from "./value.ts";

export type Kind = "add" | "delete" | "update";

/** What a plan changes. */
export interface Difference {
  /** Every changed leaf by property path; whole subtrees where one side has none. */
  readonly details: Readonly<Record<string, { readonly kind: Kind; readonly replaces: boolean }>>;
  /** Top-level properties that change. */
  readonly changed: readonly string[];
  /** Top-level properties that make it a new resource. */
  readonly replaces: readonly string[];
}

/**
 * What changes between the state and a plan. Paths and kinds are those of `makeDetailedDiff` in pulumi-terraform-bridge v3.133
 * (`pkg/tfbridge/detailed_diff.go`): lists of objects by index, lists of leaves by the shortest edit, computed values that become unknown
 * count as updates. A property that replaces does so when it differs or is unknown.
 */
export function difference(attributes: Attributes, state: Fields, planned: Fields): Difference {
  const names = Object.keys(attributes).sort();
  const changed = names.filter((name) => !equal(field(state, name), field(planned, name)));
  const replaces = changed.filter((name) => attributes[name]?.replaces === true);
  const details = changed.flatMap((name) => {
    const attribute = attributes[name];
    if (attribute === undefined) return [];
    const paths = differenceOf(attribute, field(state, name), field(planned, name), name);
    return paths.map(([path, kind]) => [path, { kind, replaces: attribute.replaces === true }] as const);
  });
  return { details: Object.fromEntries(details), changed, replaces };
}

type Change = readonly [path: string, kind: Kind];

function differenceOf(attribute: Attribute, before: Value, after: Value, path: string): readonly Change[] {
  if (equal(before, after)) return [];
  if (before === null) return [[path, "add"]];
  if (after === null) return [[path, "delete"]];
  if (after === unknownValue) return [[path, "update"]];
  if (attribute.type === "object" && isFields(before) && isFields(after)) {
    return Object.entries(attribute.attributes)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .flatMap(([name, inner]) => differenceOf(inner, field(before, name), field(after, name), pathOf(path, name)));
  }
  if (attribute.type === "map" && isFields(before) && isFields(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) => differenceOf(attribute.element, field(before, name), field(after, name), pathOf(path, name)));
  }
  if ((attribute.type === "list" || attribute.type === "set") && isList(before) && isList(after)) {
    return attribute.element.type === "object" ? byIndex(attribute.element, before, after, path) : byEdit(before, after, path);
  }
  return [[path, "update"]];
}

function byIndex(element: Attribute, before: readonly Value[], after: readonly Value[], path: string): readonly Change[] {
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, index) =>
    differenceOf(element, before[index] ?? null, after[index] ?? null, pathOf(path, index)),
  ).flat();
}

/** Removed and added places of the shortest edit; a place that is both is an update. */
function byEdit(before: readonly Value[], after: readonly Value[], path: string): readonly Change[] {
  const { removed, added } = shortestEdit(before, after);
  const places = [...new Set([...removed, ...added])].sort((left, right) => left - right);
  return places.map((place) => {
    const kind = removed.has(place) ? (added.has(place) ? "update" : "delete") : "add";
    return [pathOf(path, place), kind];
  });
}

function shortestEdit(before: readonly Value[], after: readonly Value[]): { removed: Set<number>; added: Set<number> } {
  // common[i][j] is the length of the longest common subsequence of what is left of both from i and j on.
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    const row = common[i] ?? [];
    for (let j = after.length - 1; j >= 0; j -= 1) {
      row[j] = equal(before[i] ?? null, after[j] ?? null) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const removed = new Set<number>();
  const added = new Set<number>();
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && equal(before[i] ?? null, after[j] ?? null)) {
      i += 1;
      j += 1;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) {
      removed.add(i);
      i += 1;
    } else {
      added.add(j);
      j += 1;
    }
  }
  return { removed, added };
}
