import type { Fault } from "./schema.ts";
import { field, isFields, isList, unknownValue } from "./value.ts";
import type { Value } from "./value.ts";

type Check = (value: Value) => readonly Fault[];

const here = (reason: string): readonly Fault[] => [{ path: "", reason }];

/** One of a fixed set of words, in any case, as the official provider compares them. */
export const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && !words.some((word) => word.toLowerCase() === value.toLowerCase())
      ? here(`must be one of ${words.join(", ")}; got ${JSON.stringify(value)}`)
      : [];

/** A number of a range, both ends included. */
export const between =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && (value < least || value > most)
      ? here(`must be between ${least} and ${most === Infinity ? "any number" : most}; got ${value}`)
      : [];

/** A whole number of a range. */
export const wholeBetween =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && !Number.isInteger(value) ? here(`must be a whole number; got ${value}`) : between(least, most)(value);

/** One of a fixed set of numbers. */
export const oneOfNumbers =
  (...numbers: readonly number[]): Check =>
  (value) =>
    typeof value === "number" && !numbers.includes(value) ? here(`must be one of ${numbers.join(", ")}; got ${value}`) : [];

/** A string of a form; `form` says it in words. */
export const matches =
  (pattern: RegExp, form: string): Check =>
  (value) =>
    typeof value === "string" && !pattern.test(value) ? here(`must be ${form}; got ${JSON.stringify(value)}`) : [];

/** Cloudflare's identifiers of accounts, zones, rulesets and rules. */
export const identifier = matches(/^[0-9a-f]{32}$/, "32 lower-case hexadecimal digits");

/** A string, list or map with something in it. */
export const notEmpty: Check = (value) => {
  const size = typeof value === "string" || isList(value) ? value.length : isFields(value) ? Object.keys(value).length : 1;
  return size === 0 ? here("must not be empty") : [];
};

/** Exactly the flag true: the API knows no other value. */
export const onlyTrue: Check = (value) => (value === false ? here("can only be true; leave it out instead") : []);

/** An object that has exactly one of the named fields. Holds its tongue where one of them is not known yet. */
export const exactlyOne =
  (...names: readonly string[]): Check =>
  (value) => {
    if (!isFields(value) || names.some((name) => field(value, name) === unknownValue)) return [];
    const given = names.filter((name) => field(value, name) !== null);
    return given.length === 1
      ? []
      : here(`takes exactly one of ${names.join(", ")}; got ${given.length === 0 ? "none" : given.join(" and ")}`);
  };

/** An object that has at most one of the named fields. */
export const atMostOne =
  (...names: readonly string[]): Check =>
  (value) => {
    if (!isFields(value)) return [];
    const given = names.filter((name) => field(value, name) !== null);
    return given.length < 2 ? [] : here(`takes one of ${names.join(", ")}; got ${given.join(" and ")}`);
  };

/** Several checks, all of their faults. */
export const all =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.flatMap((check) => check(value));
