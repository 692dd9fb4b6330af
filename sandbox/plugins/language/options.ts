import { isObject } from "../base/index.ts";
import type { Properties, Value } from "../base/index.ts";

/** `runtime.options` of Pulumi.yaml, as the official language host reads them. */
export interface RuntimeOptions {
  /** Run the program through ts-node. Upstream's default; this project says false and lets Node strip the types. */
  readonly typescript: boolean;
  readonly tsconfig: string | undefined;
  /** Arguments for Node itself, before the program. */
  readonly nodeArguments: readonly string[];
  /** Leave out devDependencies when installing. */
  readonly production: boolean;
}

/** Throws one error with every option that is unknown or of the wrong kind. Upstream ignores unknown ones, which hides a misspelt name. */
export function readOptions(options: Properties): RuntimeOptions {
  const faults: string[] = [];
  const take = <T extends Value>(name: string, fallback: T, fits: (value: Value) => value is T, expected: string): T => {
    const value = options[name] ?? fallback;
    if (fits(value)) return value;
    faults.push(`runtime.options.${name}: must be ${expected}, got ${JSON.stringify(value)}`);
    return fallback;
  };
  const isBoolean = (value: Value): value is boolean => typeof value === "boolean";
  const isString = (value: Value): value is string => typeof value === "string";
  const known = ["typescript", "tsconfig", "nodeargs", "production", "packagemanager"];
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) faults.push(`runtime.options.${name}: is not an option of this language host; it has ${known.join(", ")}`);
  }
  const manager = take<string>("packagemanager", "auto", isString, "a string");
  if (!["auto", "npm"].includes(manager)) {
    faults.push(
      `runtime.options.packagemanager: ${manager} is not implemented by the sandbox's language host; use npm or the official CLI`,
    );
  }
  const tsconfig = take<string>("tsconfig", "", isString, "a path");
  const read = {
    typescript: take<boolean>("typescript", true, isBoolean, "true or false"),
    tsconfig: tsconfig === "" ? undefined : tsconfig,
    nodeArguments: splitArguments(take<string>("nodeargs", "", isString, "a string")),
    production: take<boolean>("production", false, isBoolean, "true or false"),
  };
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return read;
}

/** Words of a command line: blanks separate, single quotes keep everything, double quotes and backslashes as in a POSIX shell. */
export function splitArguments(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    if (quote !== "" && character === quote) quote = "";
    else if (character === "\\" && quote !== "'" && index + 1 < line.length) {
      const escaped = line.charAt(++index);
      word = (word ?? "") + (quote === '"' && !'"\\$`'.includes(escaped) ? `\\${escaped}` : escaped);
    } else if (quote === "" && (character === "'" || character === '"')) {
      quote = character;
      word ??= "";
    } else if (quote === "" && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") throw new Error(`runtime.options.nodeargs: the quote ${quote} in ${JSON.stringify(line)} is not closed`);
  return word === undefined ? words : [...words, word];
}

/** Options as they come over the wire, which may be absent altogether. */
export function optionsOf(value: unknown): Properties {
  return isObject(value as Value) ? (value as Properties) : {};
}
