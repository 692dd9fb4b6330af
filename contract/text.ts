import { stripVTControlCharacters } from "node:util";

/**
 * Words of others (an app's answer, a health check, a container's log) for a terminal: without what moves its cursor or colours it, which
 * could hide a line that stands there, or forge one. Line breaks and tabs stay.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/(?![\n\t])\p{Cc}/gu, " ");
}

/** The same on one line, for a log or a table whose lines mean something. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, " ").trim();
}
