import { isDeepStrictEqual } from "node:util";
import { isMap, isNode, isScalar, type Pair, parse, parseDocument, stringify, type YAMLMap } from "yaml";
import { UserError } from "../src/settings/userError.ts";
import type { AppPromotion } from "./promotion.ts";

/**
 * Writes images and their provenance into the text of a stack file, and changes nothing else of it: comments, blank lines and the way
 * people write lists stay, so that the diff that a reviewer sees is the promotion. (Printing the parsed document again would reflow them.)
 */
export function editStackFile(text: string, promotions: readonly AppPromotion[], file: string): string {
  return promotions.reduce((current, promotion) => editApp(current, promotion, file), text);
}

function editApp(text: string, { app, images, release }: AppPromotion, file: string): string {
  const path = ["config", "terrace:apps", app];
  const settings: unknown = parseDocument(text).getIn(path);
  if (!isMap(settings) || settings.flow === true || settings.range == null)
    throw new UserError(
      `${file}: apps.${app}: must be written as a block to be promoted into, one key per line; rewrite it without braces`,
    );
  const first = settings.items[0];
  const indent = columnOf(text, rangeOf(first)[0]);
  const block = (key: string, value: unknown): string => indented(stringify({ [key]: value }, { lineWidth: 0 }), indent);
  const imagesBlock = block("images", images);
  // Quoted: Pulumi reads YAML 1.1, where a commit or a version may look like a number.
  const releaseBlock = indented(
    stringify({ release }, { lineWidth: 0, defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" }),
    indent,
  );
  const edited = withBlocks(text, settings, indent, imagesBlock, releaseBlock);
  // Guards against a way of writing YAML that nobody thought of: better no promotion than another one.
  const expected = parse(text) as { config: Record<string, Record<string, object>> };
  const apps = expected.config["terrace:apps"] ?? {};
  apps[app] = { ...apps[app], images, release };
  if (!isDeepStrictEqual(parse(edited), expected)) throw new Error(`${file}: apps.${app}: the edit would have changed something else`);
  return edited;
}

/** What is there is replaced where it stands; a release that is not comes after the images, and images that are not come first. */
function withBlocks(text: string, settings: YAMLMap, indent: number, images: string, release: string): string {
  const [hasImages, hasRelease] = [pairOf(settings, "images") !== undefined, pairOf(settings, "release") !== undefined];
  const both = `${images}\n${" ".repeat(indent)}${release}`;
  if (hasImages) return hasRelease ? replaceBoth(text, settings, images, release) : replacePair(text, settings, "images", both);
  const replaced = hasRelease ? replacePair(text, settings, "release", release) : text;
  return beforeFirst(replaced, settings, `${" ".repeat(indent)}${hasRelease ? images : both}\n`);
}

/** Before the first key and the comment lines that stand above it. */
function beforeFirst(text: string, settings: YAMLMap, block: string): string {
  let at = text.lastIndexOf("\n", rangeOf(settings.items[0])[0]) + 1;
  for (;;) {
    const above = text.lastIndexOf("\n", at - 2) + 1;
    if (at === 0 || !/^\s*(?:#.*)?$/.test(text.slice(above, at - 1))) break;
    at = above;
  }
  return text.slice(0, at) + block + text.slice(at);
}

function replaceBoth(text: string, settings: YAMLMap, images: string, release: string): string {
  const blocks: [string, string][] = [
    ["images", images],
    ["release", release],
  ];
  // From the end, so that the places of what comes before stay what they are.
  return blocks
    .sort(([left], [right]) => rangeOf(pairOf(settings, right))[0] - rangeOf(pairOf(settings, left))[0])
    .reduce((current, [key, block]) => replacePair(current, settings, key, block), text);
}

/** Replaces a key and its value; what stands behind them on the line, a comment, moves behind the new value. */
function replacePair(text: string, settings: YAMLMap, key: string, block: string): string {
  const [start, end] = rangeOf(pairOf(settings, key));
  // The range of a mapping goes on to the next key; what lies between is not its own.
  const length = text.slice(start, end).trimEnd().length;
  return text.slice(0, start) + block + text.slice(start + length);
}

function pairOf(settings: YAMLMap, key: string): Pair | undefined {
  return settings.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

/** From the first letter of a key to the last of its value. */
function rangeOf(pair: Pair | undefined): readonly [number, number] {
  const key: unknown = pair?.key;
  const value: unknown = pair?.value;
  const start = isScalar(key) ? key.range?.[0] : undefined;
  const end = isNode(value) ? value.range?.[1] : undefined;
  if (start === undefined || end === undefined) throw new Error("a key of the stack file has no place in its text");
  return [start, end];
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}

/** Every line but the first moved to the right. */
function indented(block: string, indent: number): string {
  return block.trimEnd().replaceAll("\n", `\n${" ".repeat(indent)}`);
}
