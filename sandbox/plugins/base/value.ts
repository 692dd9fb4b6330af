/** A value that is not known yet: the output of something that a preview has not made. */
export class Unknown {
  readonly kind = "unknown";
}
export const unknown = new Unknown();

/** A value that the state keeps encrypted and the console shows as `[secret]`. */
export class Secret {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}

/** A file (text, path or uri) or, with `assets`, an archive. `hash` is the engine's SHA-256 of its contents; old ones arrive with the hash only. */
export class Asset {
  readonly form: "asset" | "archive";
  readonly hash: string;
  readonly source: AssetSource;
  constructor(form: "asset" | "archive", hash: string, source: AssetSource) {
    this.form = form;
    this.hash = hash;
    this.source = source;
  }
}

export type AssetSource =
  | { readonly text: string }
  | { readonly path: string }
  | { readonly uri: string }
  | { readonly assets: Readonly<Record<string, Value>> }
  | { readonly elided: true };

export type Value = null | boolean | number | string | readonly Value[] | Properties | Unknown | Secret | Asset;

export interface Properties {
  readonly [name: string]: Value;
}

export function isObject(value: Value | undefined): value is Properties {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Unknown) &&
    !(value instanceof Secret) &&
    !(value instanceof Asset)
  );
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** The same tree without secret marks: what a provider works with. */
export function withoutSecrets(value: Properties): Properties;
export function withoutSecrets(value: Value): Value;
export function withoutSecrets(value: Value): Value {
  if (value instanceof Secret) return withoutSecrets(value.value);
  if (isList(value)) return value.map((item) => withoutSecrets(item));
  if (isObject(value)) return mapProperties(value, (item) => withoutSecrets(item));
  return value;
}

export function containsSecret(value: Value | undefined): boolean {
  if (value instanceof Secret) return true;
  if (isList(value)) return value.some(containsSecret);
  return isObject(value) && Object.values(value).some(containsSecret);
}

export function containsUnknown(value: Value | undefined): boolean {
  if (value instanceof Unknown) return true;
  if (value instanceof Secret) return containsUnknown(value.value);
  if (isList(value)) return value.some(containsUnknown);
  return isObject(value) && Object.values(value).some(containsUnknown);
}

export function mapProperties(properties: Properties, change: (value: Value, name: string) => Value): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, change(value, name)]));
}

/**
 * Marks in `results` what is secret under the same name in `source`. Objects are followed inwards; a list with one secret element
 * becomes secret as a whole, since a provider may return it in another order. Official providers and the engine itself do the same
 * (annotateSecrets in sdk/go/common/resource/plugin/provider_plugin.go).
 */
export function markSecrets(results: Properties, source: Properties): Properties {
  return mapProperties(results, (value, name) => {
    const original = source[name];
    if (original === undefined || value instanceof Secret) return value;
    if (isObject(value) && isObject(original)) return markSecrets(value, original);
    return containsSecret(original) ? new Secret(withoutSecrets(value)) : value;
  });
}

/** Equality by content. With `secretness`, `secret(x)` differs from `x`, as it does for providers made with pulumi-go-provider. */
export function sameValue(left: Value | undefined, right: Value | undefined, options: { readonly secretness: boolean }): boolean {
  if (left instanceof Secret || right instanceof Secret) {
    if (options.secretness && !(left instanceof Secret && right instanceof Secret)) return false;
    return sameValue(left instanceof Secret ? left.value : left, right instanceof Secret ? right.value : right, options);
  }
  if (left instanceof Unknown || right instanceof Unknown) return left instanceof Unknown && right instanceof Unknown;
  if (left instanceof Asset || right instanceof Asset) {
    return left instanceof Asset && right instanceof Asset && left.form === right.form && left.hash === right.hash;
  }
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => sameValue(item, right[index], options));
  }
  if (isObject(left) && isObject(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...names].every((name) => sameValue(left[name] ?? null, right[name] ?? null, options));
  }
  return (left ?? null) === (right ?? null);
}
