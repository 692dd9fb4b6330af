import { canonicalJson } from "../../contract/index.ts";

/** Equality of values that JSON can say; `undefined` equals only itself. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}
