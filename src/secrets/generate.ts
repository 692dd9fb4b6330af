import { randomBytes, randomInt } from "node:crypto";
import type { Generation } from "./secretsFile.ts";
import { placeOf } from "./collect.ts";
import { foldersOf, type Requirement } from "./requirement.ts";
import { isFree, type SecretStore } from "./source.ts";
import { generateSshKey } from "./sshKey.ts";

/** What was done, by place; values never leave. */
export interface Generated {
  readonly written: readonly string[];
  /** Had a value, which nobody overwrites. */
  readonly kept: readonly string[];
}

/**
 * Makes every value that can be made and is not there yet. A second run writes nothing. The same variable of two apps in one folder is one value, and is made once.
 */
export async function generateSecrets(requirements: readonly Requirement[], store: SecretStore): Promise<Generated> {
  const makeable = new Map(
    requirements.flatMap((one) => (one.generate === undefined ? [] : [[placeOf(one.folder, one.name), one] as const])),
  );
  const folders = await store.read(foldersOf([...makeable.values()]));
  const written: string[] = [];
  const kept: string[] = [];
  for (const [place, { folder, name, generate }] of [...makeable].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const done =
      generate !== undefined && isFree(folders.get(folder)?.get(name))
        ? await store.put(folder, name, generatedValue(generate, name))
        : "exists";
    (done === "written" ? written : kept).push(place);
  }
  return { written, kept };
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A new value from the system's random source. `name` is the comment of keys that carry one. */
export function generatedValue(generation: Generation, name: string): string {
  switch (generation.kind) {
    case "password":
      return Array.from({ length: generation.length }, () => letters.charAt(randomInt(letters.length))).join("");
    case "hex":
      return randomBytes(generation.bytes).toString("hex");
    case "base64":
      return randomBytes(generation.bytes).toString("base64");
    case "sshKey":
      // Without the line break at the end, which the store would cut or keep as it likes.
      return generateSshKey(name.toLowerCase()).trimEnd();
  }
}
