import type { SmokeCheck } from "../../contract/index.ts";
import { releaseHeader } from "../ingress/routing.ts";
import type { Mask } from "./mask.ts";
import type { ProbeAnswer } from "./probe.ts";

/** What is wrong with an answer, or `undefined`. Answers come from apps, so what is quoted goes through the mask, and is short. */

export function smokeFault(check: SmokeCheck, answer: ProbeAnswer, mask: Mask): string | undefined {
  const excerpt = excerptWith(mask);
  const { status, contains, json } = check.expect;
  if (answer.status !== status) return `expected status ${status}, got ${answer.status}: ${excerpt(answer.body)}`;
  if (contains !== null && !answer.body.includes(contains))
    return `expected the body to contain ${JSON.stringify(contains)}, got ${excerpt(answer.body)}`;
  if (Object.keys(json).length === 0) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(answer.body);
  } catch {
    return `expected JSON, got ${excerpt(answer.body)}`;
  }
  for (const [pointer, expected] of Object.entries(json)) {
    const seen = valueAt(document, pointer);
    if (seen !== expected)
      return `expected ${JSON.stringify(expected)} at ${pointer}, got ${seen === undefined ? "nothing" : excerpt(JSON.stringify(seen))}`;
  }
  return undefined;
}

/** The app itself says which release it is: the value of its `TERRACE_RELEASE`, wherever in the body. */
export function echoFault(answer: ProbeAnswer, releaseId: string, mask: Mask): string | undefined {
  const excerpt = excerptWith(mask);
  if (answer.status !== 200) return `expected status 200, got ${answer.status}: ${excerpt(answer.body)}`;
  return answer.body.includes(releaseId) ? undefined : `expected release ${releaseId.slice(0, 12)}, got ${excerpt(answer.body)}`;
}

/** Our own middleware says to which release it routes. Proves the routing, not the code behind it. `path` was asked for. */
export function headerFault(answer: ProbeAnswer, releaseId: string, path: string): string | undefined {
  const seen = answer.headers[releaseHeader.toLowerCase()];
  if (seen !== releaseId)
    return `expected release ${releaseId.slice(0, 12)} in ${releaseHeader}, got ${seen === undefined ? "none" : String(seen).slice(0, 12)} (status ${answer.status})`;
  // The middleware puts its header on both, and both use these numbers.
  return [502, 503, 504].includes(answer.status)
    ? `GET ${path} answered ${answer.status}: the app itself, or the ingress cannot reach it; look at the container's log too`
    : undefined;
}

/** Value a JSON pointer (RFC 6901) leads to; `undefined` when it leads nowhere. */
export function valueAt(document: unknown, pointer: string): unknown {
  const keys = pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return keys.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return /^(?:0|[1-9]\d*)$/.test(key) ? (value as unknown[])[Number(key)] : undefined;
    return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  }, document);
}

/** Hidden before it is cut: of a value that the cut goes through, the mask would not know the half that is left. */
function excerptWith(mask: Mask): (body: string) => string {
  return (body) => {
    const text = mask(body).replace(/\s+/g, " ").trim();
    return text === "" ? "an empty body" : text.length <= 200 ? text : `${text.slice(0, 199)}…`;
  };
}
