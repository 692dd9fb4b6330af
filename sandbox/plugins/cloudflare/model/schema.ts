import type { Value } from "./value.ts";

/**
 * Who gives the value: the program must (`required`), may (`optional`), never (`computed`: the API does), or may and otherwise the API does
 * (`computedOptional`). The four kinds and what follows from them are those of Terraform's plugin framework, on which the official provider
 * stands (terraform-provider-cloudflare v5.22.0, `internal/services/*\/schema.go` and `model.go`).
 */
export type Mode = "required" | "optional" | "computed" | "computedOptional";

/** Something wrong with an input, with the property path it is at, relative to where the check stands. */
export interface Fault {
  readonly path: string;
  readonly reason: string;
}

interface Common {
  readonly mode: Mode;
  /** Name in the API's JSON; the property's name in snake case where absent. */
  readonly wire?: string;
  /** Part of the URL: in no body and in no answer. */
  readonly inUrl?: true;
  /** In no body and in no answer, and made by the resource itself. */
  readonly own?: true;
  /** A change makes a new resource. */
  readonly replaces?: true;
  /** Stays what it was when the resource changes, instead of being unknown until the API answers. */
  readonly stays?: true;
  /** What it is when the program does not say. */
  readonly initial?: Value;
  /** What it is when the API says null or nothing. */
  readonly whenMissing?: Value;
  /** Faults beyond type and presence. Sees known values only. */
  readonly check?: (value: Value) => readonly Fault[];
}

/** A leaf. `time` is an RFC 3339 string, `json` keeps any JSON as text, `any` takes any JSON as it is. */
export interface Leaf extends Common {
  readonly type: "string" | "number" | "boolean" | "time" | "json" | "any";
}

/** A list, a set (a list whose order says nothing) or a map from names of the user's choice. */
export interface Collection extends Common {
  readonly type: "list" | "set" | "map";
  readonly element: Attribute;
}

/** An object with named attributes. */
export interface Composite extends Common {
  readonly type: "object";
  readonly attributes: Attributes;
}

export type Attribute = Leaf | Collection | Composite;

/** Attributes by the name that the Pulumi program uses. */
export interface Attributes {
  readonly [name: string]: Attribute;
}

type Options = Omit<Common, "mode">;

export const text = (mode: Mode, options: Options = {}): Leaf => ({ type: "string", mode, ...options });
export const number = (mode: Mode, options: Options = {}): Leaf => ({ type: "number", mode, ...options });
export const flag = (mode: Mode, options: Options = {}): Leaf => ({ type: "boolean", mode, ...options });
export const time = (mode: Mode, options: Options = {}): Leaf => ({ type: "time", mode, ...options });
export const json = (mode: Mode, options: Options = {}): Leaf => ({ type: "json", mode, ...options });
export const any = (mode: Mode, options: Options = {}): Leaf => ({ type: "any", mode, ...options });
export const list = (mode: Mode, element: Attribute, options: Options = {}): Collection => ({ type: "list", mode, element, ...options });
export const set = (mode: Mode, element: Attribute, options: Options = {}): Collection => ({ type: "set", mode, element, ...options });
export const map = (mode: Mode, element: Attribute, options: Options = {}): Collection => ({ type: "map", mode, element, ...options });
export const object = (mode: Mode, attributes: Attributes, options: Options = {}): Composite => ({
  type: "object",
  mode,
  attributes,
  ...options,
});

/** The name of an attribute in the API's JSON. */
export function wireName(name: string, attribute: Attribute): string {
  return attribute.wire ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
