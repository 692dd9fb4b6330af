import { canonicalJson } from "../../contract/index.ts";

/** Shown where a secret value stood. */
export const masked = "•••";

/** Shorter values are too common as parts of other words; they are masked only where they stand alone. */
const shortest = 4;

export type Mask = (text: string) => string;

/**
 * Replaces known secret values in text that leaves the program: as they are, line by line (logs break at line ends), as JSON strings write
 * them, in base64 and percent-encoded. A value that was changed in another way cannot be found by anyone.
 *
 * A value that stands in `open`, the request that every reviewer has read, is a name and no secret: hiding a database user called like the
 * app would hide the app's name in every line.
 */
export function maskOf(values: Iterable<string>, open: unknown): Mask {
  const said = canonicalJson(open);
  const secret = [...values].filter((value) => !said.includes(JSON.stringify(value).slice(1, -1)));
  const forms = [...new Set(secret.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const patterns = forms.map((form) => (form.length < shortest ? `(?<![A-Za-z0-9])${escape(form)}(?![A-Za-z0-9])` : escape(form)));
  if (patterns.length === 0) return (text) => text;
  const pattern = new RegExp(patterns.join("|"), "g");
  return (text) => text.replace(pattern, masked);
}

function formsOf(value: string): string[] {
  const lines = [value, ...value.split(/\r?\n/)].filter((line) => line.trim() !== "");
  return lines.flatMap((line) => [
    line,
    JSON.stringify(line).slice(1, -1),
    Buffer.from(line).toString("base64").replace(/=+$/, ""),
    encodeURIComponent(line),
  ]);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
