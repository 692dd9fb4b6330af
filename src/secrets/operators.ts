import type { OperatorSettings } from "../../components/platform/schema.ts";
import { loginOf, publicKeyLines } from "./validation.ts";

/** People of the stack file and those whose keys stand in the secret store, by name; keys of one person are put together, none twice. */
export function mergeOperators(settings: readonly OperatorSettings[], lines: string): readonly OperatorSettings[] {
  const keys = new Map(settings.map(({ name, publicKeys }) => [name, new Set(publicKeys)]));
  for (const { key } of publicKeyLines(lines)) {
    const name = loginOf(key);
    keys.set(name, (keys.get(name) ?? new Set()).add(key));
  }
  return [...keys]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, publicKeys]) => ({ name, publicKeys: [...publicKeys].sort() }));
}
