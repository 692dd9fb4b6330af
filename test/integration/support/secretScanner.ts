/** Finds known secrets in bytes, in every form that a program between a secret store and a container is likely to give them. */

export interface Secret {
  readonly name: string;
  readonly value: string;
}

export interface Finding {
  readonly secret: string;
  /** How it was written: `as it is`, `JSON`, `base64 inside`, …; of a value with several lines also `line 2, JSON`. */
  readonly form: string;
  /** Of the first byte. In wrapped text it counts without blanks and line breaks. */
  readonly offset: number;
}

/** What is shorter stands in any text by chance. */
export const shortestNeedle = 8;

interface Needle {
  readonly secret: string;
  readonly form: string;
  readonly bytes: Buffer;
}

export interface Scanner {
  /** Each secret and form once, at its first place. */
  scan(bytes: Buffer | string): readonly Finding[];
}

/** Throws a RangeError for a secret that is too short to be looked for. */
export function scannerFor(secrets: readonly Secret[]): Scanner {
  const needles = secrets.flatMap(needlesOf);
  const everywhere = finderOf(needles);
  // Encoders break long text into lines, so encoded forms are looked for without line breaks too.
  const encoded = finderOf(needles.filter(({ form }) => /base64|hex/.test(form)));
  return {
    scan: (text) => {
      const bytes = typeof text === "string" ? Buffer.from(text) : text;
      const found = new Map<string, Finding>();
      for (const finding of [...everywhere(bytes), ...encoded(unwrapped(bytes))]) {
        const key = `${finding.secret}\n${finding.form}`;
        if (!found.has(key)) found.set(key, finding);
      }
      return [...found.values()];
    },
  };
}

function needlesOf({ name, value }: Secret): Needle[] {
  if (value.length < shortestNeedle) throw new RangeError(`${name}: ${value.length} characters are too few to be looked for`);
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const parts: [string, string][] = [["", value]];
  if (lines.length > 1) lines.forEach((line, index) => isFrame(line) || parts.push([`line ${index + 1}, `, line]));
  const needles = parts
    .filter(([, text]) => text.length >= shortestNeedle)
    .flatMap(([place, text]) => formsOf(text).map(([form, bytes]): Needle => ({ secret: name, form: `${place}${form}`, bytes })));
  // A form that does not change the text is the text: told once, under its plainest name.
  const known = new Set<string>();
  return needles.filter(({ bytes }) => {
    const key = bytes.toString("latin1");
    const isNew = !known.has(key) && bytes.length >= shortestNeedle;
    known.add(key);
    return isNew;
  });
}

/** What every PEM text has, and the first line of every OpenSSH key without a pass phrase, which says just that. */
function isFrame(line: string): boolean {
  return line.startsWith("-----") || line.startsWith("b3BlbnNzaC1rZXktdjE");
}

function formsOf(text: string): [string, Buffer][] {
  const bytes = Buffer.from(text);
  const once = json(text);
  const go = goJson(text);
  const written: [string, string][] = [
    ["as it is", text],
    ["JSON", once],
    ["JSON in JSON", json(once)],
    ["JSON in JSON in JSON", json(json(once))],
    ["JSON by Go", go],
    ["JSON by Go in JSON", json(go)],
    ["JSON in JSON by Go", goJson(once)],
    ["JavaScript", once.replaceAll('\\"', '"').replaceAll("'", "\\'")],
    ["shell", text.replaceAll("'", "'\\''")],
    ["YAML", text.replaceAll("'", "''")],
    ["doubled dollars", text.replaceAll("$", "$$$$")],
    ["doubled dollars, JSON", json(text.replaceAll("$", "$$$$"))],
    ["URL", encodeURIComponent(text)],
    ["URL, lower case", encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
    ["URL by Go", new URLSearchParams({ x: text }).toString().slice(2)],
    ["hex", bytes.toString("hex")],
    ["HEX", bytes.toString("hex").toUpperCase()],
    ...[0, 1, 2].flatMap((before): [string, string][] => {
      const inside = base64Inside(bytes, before);
      const name = `base64 ${before === 0 ? "from its start" : `after ${before} more`}`;
      return [
        [name, inside],
        [`${name}, for URLs`, inside.replaceAll("+", "-").replaceAll("/", "_")],
        [`${name}, of JSON`, base64Inside(Buffer.from(once), before)],
      ];
    }),
  ];
  return [...written.map(([form, part]): [string, Buffer] => [form, Buffer.from(part)]), ["UTF-16", Buffer.from(text, "utf16le")]];
}

/** The characters that base64 of a longer text has for these bytes whatever stands around them, `before` bytes (modulo 3) in. */
function base64Inside(bytes: Buffer, before: number): string {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  return whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

function json(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As Go's encoder writes it, which escapes what HTML would read. */
function goJson(text: string): string {
  const escapes: Readonly<Record<string, string>> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };
  return json(text).replaceAll(/[<>&]/g, (character) => escapes[character] ?? "");
}

/** Without blanks and line breaks, those included that are escaped in JSON. */
function unwrapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll(/\\+[nr]|[\r\n\t ]+/g, ""), "latin1");
}

/**
 * Looks for all needles in one pass: logs have many megabytes and there are thousands of needles. The first three bytes of each are marked
 * in a table that the pass asks at every byte.
 */
function finderOf(needles: readonly Needle[]): (bytes: Buffer) => Finding[] {
  const marks = new Uint8Array(1 << 24);
  const byStart = new Map<number, Needle[]>();
  for (const needle of needles) {
    const start = startAt(needle.bytes, 0);
    marks[start] = 1;
    byStart.set(start, [...(byStart.get(start) ?? []), needle]);
  }
  return (bytes) => {
    const left = new Set(needles);
    const found: Finding[] = [];
    for (let offset = 0; offset + shortestNeedle <= bytes.length; offset += 1) {
      const start = startAt(bytes, offset);
      if (marks[start] !== 1) continue;
      for (const needle of byStart.get(start) ?? []) {
        const { secret, form, bytes: wanted } = needle;
        if (!left.has(needle) || bytes.compare(wanted, 0, wanted.length, offset, Math.min(offset + wanted.length, bytes.length)) !== 0)
          continue;
        left.delete(needle);
        found.push({ secret, form, offset });
      }
    }
    return found;
  };
}

function startAt(bytes: Buffer, offset: number): number {
  return (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8) | ((bytes[offset + 2] ?? 0) << 16);
}
