/** A fault in an expression, with the place it was found at (1-based, as Cloudflare counts) and its length. */
export class ExpressionError extends Error {
  readonly position: number;
  readonly length: number;
  readonly reason: string;

  constructor(expression: string, start: number, length: number, reason: string) {
    const marker = `${" ".repeat(start)}${"^".repeat(Math.max(1, length))}`;
    super(`Filter parsing error (1:${start + 1}):\n${expression}\n${marker} ${reason}`);
    this.name = "ExpressionError";
    this.position = start + 1;
    this.length = length;
    this.reason = reason;
  }
}

export interface Token {
  readonly kind: "word" | "string" | "address" | "number" | "symbol" | "end";
  /** The meaning: for strings without quotes and escapes. */
  readonly text: string;
  readonly start: number;
  readonly length: number;
}

const patterns: readonly { readonly kind: Token["kind"]; readonly pattern: RegExp }[] = [
  // Before words: an IPv6 address may begin with letters, an IPv4 range has dots.
  { kind: "address", pattern: /(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)[0-9A-Fa-f:.]+)(?:\/\d{1,3})?/y },
  { kind: "word", pattern: /[A-Za-z_][A-Za-z0-9_.]*/y },
  { kind: "number", pattern: /\d+/y },
  { kind: "symbol", pattern: /==|!=|&&|\|\||\^\^|\.\.|[(){}!,$]/y },
];

/** Cuts an expression into tokens. Throws an `ExpressionError` at the first character that begins none. */
export function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < expression.length) {
    if (/\s/.test(expression.charAt(at))) {
      at += 1;
      continue;
    }
    const token = stringAt(expression, at) ?? patternAt(expression, at);
    if (token === undefined) throw new ExpressionError(expression, at, 1, "unrecognised input");
    tokens.push(token);
    at += token.length;
  }
  tokens.push({ kind: "end", text: "", start: expression.length, length: 0 });
  return tokens;
}

function patternAt(expression: string, at: number): Token | undefined {
  for (const { kind, pattern } of patterns) {
    pattern.lastIndex = at;
    const text = pattern.exec(expression)?.[0];
    if (text !== undefined && text !== "") return { kind, text, start: at, length: text.length };
  }
  return undefined;
}

/** A quoted string with `\"` and `\\`, or a raw one: `r"…"`, `r#"…"#`. */
function stringAt(expression: string, at: number): Token | undefined {
  const raw = /r(#*)"/y;
  raw.lastIndex = at;
  const hashes = raw.exec(expression)?.[1];
  if (hashes !== undefined) {
    const begin = at + hashes.length + 2;
    const end = expression.indexOf(`"${hashes}`, begin);
    if (end < 0) throw new ExpressionError(expression, at, expression.length - at, "missing ending quote");
    return { kind: "string", text: expression.slice(begin, end), start: at, length: end + hashes.length + 1 - at };
  }
  if (expression.charAt(at) !== '"') return undefined;
  let text = "";
  for (let index = at + 1; index < expression.length; index += 1) {
    const character = expression.charAt(index);
    if (character === '"') return { kind: "string", text, start: at, length: index + 1 - at };
    if (character !== "\\") {
      text += character;
      continue;
    }
    index += 1;
    const escaped = expression.charAt(index);
    if (escaped !== '"' && escaped !== "\\") throw new ExpressionError(expression, index - 1, 2, 'expected \\" or \\\\');
    text += escaped;
  }
  throw new ExpressionError(expression, at, expression.length - at, "missing ending quote");
}
