import type { Asset, Properties, Value } from "./value.ts";

/**
 * What a property holds. `any` takes every plain value. `object` is strict: a name that is not listed is refused.
 * Properties that upstream has and this provider has not are simply not listed: they are refused by name.
 */
export type PropertyType =
  | { readonly type: "string"; readonly values?: readonly string[] }
  | { readonly type: "number" | "integer" }
  | { readonly type: "boolean" }
  | { readonly type: "any" }
  | { readonly type: "asset" }
  | { readonly type: "array"; readonly items: PropertyType }
  | { readonly type: "map"; readonly items: PropertyType }
  | { readonly type: "object"; readonly properties: PropertyTable };

/** A named property of a resource, function or provider configuration. */
export type Property = PropertyType & {
  readonly required?: true;
  /** Always secret in state and on the console, whatever the program said. */
  readonly secret?: true;
  /** A change means a replacement instead of an update. */
  readonly replaces?: true;
  /** Filled in by check when the program gives nothing, and kept in state as an input, as official providers do. */
  readonly default?: Value;
  /**
   * What holds when the program gives nothing, as bridged official providers have it: known to create and update, written to the state, never
   * an input. Giving the same value, or leaving it out again, is no change.
   */
  readonly assumed?: Value;
  /** Outputs only: keeps its value when the resource is updated, so a preview shows it instead of an unknown. */
  readonly stable?: true;
  /** Provider configuration only: environment variables that stand in for a missing value; the first that is set counts. */
  readonly environment?: readonly string[];
};

export interface PropertyTable {
  readonly [name: string]: Property;
}

/** The TypeScript type of a property's value once nothing is secret or unknown any more. */
export type Plain<P> = PropertyType extends P
  ? Value // Some property: without this line the compiler would follow the recursive type for ever.
  : P extends { readonly type: "string"; readonly values: infer V extends readonly string[] }
    ? V[number]
    : P extends { readonly type: "string" }
      ? string
      : P extends { readonly type: "number" | "integer" }
        ? number
        : P extends { readonly type: "boolean" }
          ? boolean
          : P extends { readonly type: "any" }
            ? Value
            : P extends { readonly type: "asset" }
              ? Asset
              : P extends { readonly type: "array"; readonly items: infer I }
                ? readonly Plain<I>[]
                : P extends { readonly type: "map"; readonly items: infer I }
                  ? Readonly<Record<string, Plain<I>>>
                  : P extends { readonly type: "object"; readonly properties: infer T extends PropertyTable }
                    ? PlainProperties<T>
                    : never;

/** True of a property that is always there: the program must give it, or the base fills it in. */
type Always = { readonly required: true } | { readonly default: Value } | { readonly assumed: Value };

/** The TypeScript type of all properties of a table: required and defaulted ones are there, the others may be. */
export type PlainProperties<T extends PropertyTable> = string extends keyof T
  ? Properties
  : { readonly [N in keyof T as T[N] extends Always ? N : never]: Plain<T[N]> } & {
      readonly [N in keyof T as T[N] extends Always ? never : N]?: Plain<T[N]>;
    };
