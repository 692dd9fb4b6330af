import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HttpError } from "./http.ts";

export interface SecretDigest {
  readonly name: string;
  readonly source: "environment" | "file";
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Fingerprint of a secret as this container received it, so that a test can compare without the value being shown: of the variable, else
 * of the file that `<NAME>_FILE` names, else of `/run/secrets/<NAME>`. Bytes count as they are, a newline at the end included.
 */
export async function secretDigest(
  name: string | null,
  environment: Readonly<Record<string, string | undefined>>,
  directory = "/run/secrets",
): Promise<SecretDigest> {
  if (name === null || !/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name)) throw new HttpError(400, "name: must be the name of a variable");
  const value = environment[name];
  if (value !== undefined) return digestOf(name, "environment", Buffer.from(value));
  const file = environment[`${name}_FILE`] ?? join(directory, name);
  const content = await readFile(file).catch(() => undefined);
  if (content === undefined) throw new HttpError(404, `${name}: this container has neither the variable nor the file`);
  return digestOf(name, "file", content);
}

function digestOf(name: string, source: SecretDigest["source"], value: Buffer): SecretDigest {
  return { name, source, bytes: value.length, sha256: createHash("sha256").update(value).digest("hex") };
}
