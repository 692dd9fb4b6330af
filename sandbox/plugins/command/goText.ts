/**
 * Text as Go's `%q` writes it: upstream's error messages quote the command that way, and people and tests look for it. Printable characters
 * beyond ASCII stay as they are.
 */
export function goQuote(text: string): string {
  const short: Record<string, string> = {
    "\u0007": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
  };
  let quoted = "";
  for (const character of text.toWellFormed()) {
    const code = character.codePointAt(0) ?? 0;
    if (short[character] !== undefined) quoted += short[character];
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) quoted += character;
    else if (code > 0xffff) quoted += `\\U${code.toString(16).padStart(8, "0")}`;
    else quoted += `\\u${code.toString(16).padStart(4, "0")}`;
  }
  return `"${quoted}"`;
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What Go's context says when it ends: an engine's cancel, or `customTimeouts`. */
export function contextError(signal: AbortSignal): Error {
  const timedOut = signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
  return new Error(timedOut ? "context deadline exceeded" : "context canceled", { cause: signal.reason });
}
