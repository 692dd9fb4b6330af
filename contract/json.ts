/** What JSON can say, and nothing else: no `undefined`, no dates, no functions. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The one text of a JSON value (RFC 8785, JSON Canonicalization Scheme): no white space, object keys sorted by UTF-16 code units.
 * Hashes, fingerprints and Pulumi's diffs are taken over this text, so two equal values must never have two texts.
 *
 * A key whose value is `undefined` is left out, as JSON.stringify does. Anything else that JSON cannot say throws a TypeError that names
 * the path: a hash over a value that silently lost a part would be worse than none.
 */
export function canonicalJson(value: unknown): string {
  return write(value, "$");
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return writeString(value, path);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${path}: JSON has no ${String(value)}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item, index) => write(item, `${path}[${index}]`)).join(",")}]`;
  if (typeof value === "object" && isPlain(value)) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${writeString(key, path)}:${write(member, `${path}.${key}`)}`);
    return `{${members.join(",")}}`;
  }
  throw new TypeError(`${path}: JSON has no ${typeof value === "object" ? value.constructor.name : typeof value}`);
}

/** RFC 8785 §3.2.2.2 refuses lone surrogates: they have no UTF-8 form, so the text could not be hashed as bytes. */
function writeString(value: string, path: string): string {
  if (!value.isWellFormed()) throw new TypeError(`${path}: a string with a lone surrogate has no UTF-8 form`);
  return JSON.stringify(value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
