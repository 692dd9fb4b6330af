import type { Readable } from "node:stream";
import { Request, maximumRequestBytes, toCurrentVersion } from "../contract/index.ts";
import type { RequestKind } from "../contract/index.ts";
import { Failure } from "./ending.ts";

/** Something wrong with one field: where, what, and what was seen there. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  /** Shortened JSON of the value; `undefined` where the value could be a secret, or is absent. */
  readonly seen: string | undefined;
}

/** A request that is wrong as a whole or in some fields. */
export class InvalidRequest extends Failure {
  readonly faults: readonly Fault[];

  constructor(code: "malformed_request" | "contract_unsupported" | "unsupported_feature", what: string, faults: readonly Fault[] = []) {
    super("invalid", code, what);
    this.faults = faults;
  }
}

/** Reads a request to its end. Throws `InvalidRequest` past `maximumRequestBytes`, or where the bytes are no UTF-8. */
export async function readRequestText(input: Readable, maximumBytes = maximumRequestBytes): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > maximumBytes) {
      throw new InvalidRequest("malformed_request", `the request is longer than ${maximumBytes} bytes`);
    }
    chunks.push(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new InvalidRequest("malformed_request", "the request is not UTF-8");
  }
}

/** Turns text into a request of the kind that the entry accepts. Throws `InvalidRequest` with all faults at once. */
export function parseRequest(text: string, accepts: RequestKind): Request {
  const value = parseObject(text);
  const versioned = toCurrentVersion(value);
  if (versioned.kind === "unsupported") {
    throw new InvalidRequest(versioned.code === "contract_unsupported" ? versioned.code : "malformed_request", versioned.what);
  }
  const kind = versioned.request["request"];
  if (kind !== accepts) {
    throw new InvalidRequest(
      "malformed_request",
      `request: this entry takes "${accepts}", got ${kind === undefined ? "nothing" : JSON.stringify(kind)}`,
    );
  }
  const parsed = Request.safeParse(versioned.request);
  if (parsed.success) return parsed.data;
  const faults = collectFaults(parsed.error.issues, versioned.request, !secretKinds.has(accepts));
  throw new InvalidRequest("malformed_request", faultSentence(faults), faults);
}

/** Requests that are secret as a whole: not even a wrong value of theirs is shown. */
const secretKinds: ReadonlySet<RequestKind> = new Set(["secrets", "host-secrets"]);

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text around the fault, and that may be a secret.
    throw new InvalidRequest("malformed_request", `the request is not JSON (${text.length} characters)`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidRequest("malformed_request", "the request is not a JSON object");
  }
  if (isDeeper(value, maximumDepth)) throw new InvalidRequest("malformed_request", `the request is nested more than ${maximumDepth} deep`);
  return value as Record<string, unknown>;
}

/** Several times what a request needs; what looks into one goes as deep as it does, and the stack has an end. */
const maximumDepth = 64;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

/** The form of a zod issue as far as it is used here. */
interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
}

/** Every issue as a fault; a field that fits no member of a union is reported with the faults of the member that came closest. */
export function collectFaults(issues: readonly Issue[], root: unknown, showValues: boolean): Fault[] {
  const walk = (issue: Issue, above: readonly PropertyKey[]): Fault[] => {
    const path = [...above, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      return (issue.keys ?? []).map((key) => ({ path: joinPath([...path, key]), message: "is not a known field", seen: undefined }));
    }
    if (issue.code === "invalid_union") {
      const [closest] = [...(issue.errors ?? [])].filter((member) => member.length > 0).sort((a, b) => depth(b) - depth(a));
      if (closest !== undefined) return closest.flatMap((inner) => walk(inner, path));
    }
    const value = valueAt(root, path);
    return [{ path: joinPath(path), message: issue.message, seen: showValues && value !== undefined ? shorten(value) : undefined }];
  };
  return issues.flatMap((issue) => walk(issue, []));
}

export function faultLine({ path, message, seen }: Fault): string {
  // Rules between fields say themselves what they saw.
  return `${path}: ${message}${seen === undefined || message.includes(", got ") ? "" : `, got ${seen}`}`;
}

function faultSentence(faults: readonly Fault[]): string {
  const [first] = faults;
  if (first === undefined) return "the request does not fit its schema";
  return faults.length === 1 ? faultLine(first) : `${faults.length} faults, the first: ${faultLine(first)}`;
}

function depth(issues: readonly Issue[]): number {
  return Math.max(...issues.map((issue) => issue.path.length));
}

function joinPath(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "request" : path.map(String).join(".");
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined),
    root,
  );
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
