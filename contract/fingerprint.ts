import { createHmac } from "node:crypto";
import { canonicalJson } from "./json.ts";

/**
 * The public name of a secret set: HMAC-SHA-256 over its names and values, keyed with a generated secret that lives in the secret store.
 * A plain hash would let anyone who reads a manifest try out guesses; without the key this one tells only "same" or "changed".
 *
 * `scope` (instance and purpose) keeps equal sets of two instances from showing that they are equal. 64 hexadecimal digits.
 */
export function secretFingerprint(key: string, scope: string, values: Readonly<Record<string, string>>): string {
  if (key.length < 32) throw new RangeError("the fingerprint key must have at least 32 characters");
  return createHmac("sha256", key)
    .update(`terrace/secrets/v1\n${canonicalJson([scope, values])}`)
    .digest("hex");
}
