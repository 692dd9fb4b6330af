import { randomInt } from "node:crypto";
import type { CheckFailure, Properties, Property } from "../base/index.ts";

const lowerCase = "abcdefghijklmnopqrstuvwxyz";
const upperCase = lowerCase.toUpperCase();
const digits = "0123456789";
const specials = "!@#$%&*()-_=+[]{}<>:?";

/**
 * Inputs of RandomPassword and RandomString. A change of any of them makes a new value; what is left out has a value all the same.
 * `number` is upstream's deprecated name of `numeric`: an output here, refused by name as an input.
 */
export const characterInputs = {
  length: { type: "integer", required: true },
  lower: { type: "boolean", assumed: true },
  upper: { type: "boolean", assumed: true },
  numeric: { type: "boolean", assumed: true },
  special: { type: "boolean", assumed: true },
  minLower: { type: "integer", assumed: 0 },
  minUpper: { type: "integer", assumed: 0 },
  minNumeric: { type: "integer", assumed: 0 },
  minSpecial: { type: "integer", assumed: 0 },
  overrideSpecial: { type: "string" },
  keepers: { type: "map", items: { type: "string" } },
} as const satisfies Record<string, Property>;

export interface CharacterRules {
  readonly length: number;
  readonly lower: boolean;
  readonly upper: boolean;
  readonly numeric: boolean;
  readonly special: boolean;
  readonly minLower: number;
  readonly minUpper: number;
  readonly minNumeric: number;
  readonly minSpecial: number;
  readonly overrideSpecial?: string;
}

/** Upstream's validators (internal/provider/resource_password.go): at least one character, room for all minima, some set of characters. */
export function checkCharacters(inputs: Properties): { readonly inputs: Properties; readonly failures: readonly CheckFailure[] } {
  const failures: CheckFailure[] = [];
  const { length } = inputs;
  if (typeof length === "number") {
    const least = ["minLower", "minUpper", "minNumeric", "minSpecial"].reduce((sum, name) => sum + numberOf(inputs[name]), 0);
    if (length < 1) failures.push({ property: "length", reason: `must be at least 1, got ${length}` });
    else if (length < least)
      failures.push({ property: "length", reason: `must be at least ${least}, the sum of all minima, got ${length}` });
  }
  if (["lower", "upper", "numeric", "special"].every((name) => inputs[name] === false)) {
    failures.push({ property: "lower", reason: "at least one of lower, upper, numeric and special must be true" });
  }
  return { inputs, failures };
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

/** Characters by the rules: the minima of each set first, the rest from all sets together, then shuffled. From the system's random source. */
export function randomCharacters(rules: CharacterRules): string {
  const special = rules.overrideSpecial === undefined || rules.overrideSpecial === "" ? specials : rules.overrideSpecial;
  const sets = [
    { use: rules.lower, least: rules.minLower, characters: Array.from(lowerCase) },
    { use: rules.upper, least: rules.minUpper, characters: Array.from(upperCase) },
    { use: rules.numeric, least: rules.minNumeric, characters: Array.from(digits) },
    { use: rules.special, least: rules.minSpecial, characters: Array.from(special) },
  ];
  const all = sets.flatMap(({ use, characters }) => (use ? characters : []));
  const picked = sets.flatMap(({ least, characters }) => pick(characters, least));
  return shuffled([...picked, ...pick(all, rules.length - picked.length)]).join("");
}

function pick(characters: readonly string[], count: number): string[] {
  return Array.from({ length: count }, () => characters[randomInt(characters.length)] ?? "");
}

function shuffled(characters: string[]): string[] {
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other] ?? "", characters[last] ?? ""];
  }
  return characters;
}
