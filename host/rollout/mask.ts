import { canonicalJson } from "../../contract/index.ts";

/** Shown where a secret value stood. */
export const masked = "•••";

/** Shorter values are too common as parts of other words; they are masked only where they stand alone. */
const shortest = 4;

export type Mask = (text: string) => string;

/** Base64 of less than this many bytes, seen from its middle, is too short to tell from other text. */
const shortestInside = 6;

/** Longer values are looked for in unbroken base64 only: a pattern that allows a break anywhere would be as long again. */
const longestBroken = 1024;

/** Patterns of one regular expression: with all of a large set in one, the engine would refuse it. */
const patternsAtOnce = 100;

/**
 * Replaces known secret values in text that leaves the program: as they are, line by line (logs break at line ends), as JSON strings write
 * them, percent-encoded, in hexadecimal, and in base64 of either alphabet, also as a part of something longer (`user:password`) and broken
 * into lines, as the `base64` command does. A value that was changed in another way cannot be found by anyone.
 *
 * A value that stands in `open`, the request that every reviewer has read, is a name and no secret: hiding a database user called like the
 * app would hide the app's name in every line.
 */
export function maskOf(values: Iterable<string>, open: unknown): Mask {
  const said = canonicalJson(open);
  const secret = [...values].filter((value) => !said.includes(JSON.stringify(value).slice(1, -1)));
  // Long ones first, so that a value inside another one does not leave the rest of that in sight.
  const patterns = [...new Map(secret.flatMap(formsOf))].sort(([a], [b]) => b.length - a.length).map(([, pattern]) => pattern);
  const expressions = Array.from(
    { length: Math.ceil(patterns.length / patternsAtOnce) },
    (_, index) => new RegExp(patterns.slice(index * patternsAtOnce, (index + 1) * patternsAtOnce).join("|"), "g"),
  );
  return (text) => expressions.reduce((rest, expression) => rest.replace(expression, masked), text);
}

/** The ways to write a value, each with the pattern that finds it. */
function formsOf(value: string): [string, string][] {
  const lines = [value, ...value.split(/\r?\n/)].filter((line) => line.trim() !== "");
  return lines.flatMap((line): [string, string][] => {
    const plain = [line, JSON.stringify(line).slice(1, -1), encodeURIComponent(line)];
    const hex = line.length < shortest ? [] : [Buffer.from(line).toString("hex"), Buffer.from(line).toString("hex").toUpperCase()];
    return [
      ...plain.map((form): [string, string] => [form, form.length < shortest ? alone(form) : escape(form)]),
      ...[...hex, ...base64Forms(line)].map((form): [string, string] => [form, form.length > longestBroken ? escape(form) : broken(form)]),
    ];
  });
}

/** Base64 of the line by itself, and what it contributes at each of the three places in a longer text. */
function base64Forms(line: string): string[] {
  const bytes = Buffer.from(line);
  const whole = bytes.toString("base64").replace(/=+$/, "");
  const inside =
    bytes.length < shortestInside
      ? []
      : [0, 1, 2].map((before) => {
          const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
          // Characters that hold bits of a neighbour are not known.
          return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
        });
  const standard = [whole, ...inside];
  return [...new Set([...standard, ...standard.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))])];
}

function alone(form: string): string {
  return `(?<![A-Za-z0-9])${escape(form)}(?![A-Za-z0-9])`;
}

function broken(form: string): string {
  return form.length < shortest ? alone(form) : Array.from(form, escape).join("\\n?");
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
