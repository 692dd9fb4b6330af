import { ApiError } from "../client.ts";
import type { Call, CloudflareClient } from "../client.ts";
import type { Attributes, Fault } from "./schema.ts";
import { textOf } from "./value.ts";
import type { Fields } from "./value.ts";

/** Where a call goes and what may end it. */
export interface Reach {
  readonly client: CloudflareClient;
  readonly signal: AbortSignal;
}

/** What a resource is to the API, apart from Pulumi's protocol. */
export interface Model {
  /** Type token: `cloudflare:index/dnsRecord:DnsRecord`. */
  readonly token: string;
  /** One of them is `id`, which is Pulumi's too. */
  readonly attributes: Attributes;
  /** Faults that no single attribute has. */
  readonly check?: (inputs: Fields) => readonly Fault[];
  /** Last word on a plan: what stays although the schema says that only the API knows it. */
  readonly adjust?: (planned: Fields, state: Fields | null) => Fields;
  /** Said once when the resource is created, and in each preview of it. */
  readonly creationWarning?: string;
  /** What an import id says: enough of the state for `read`. @throws Error that tells the form */
  located(importId: string): Fields;
  /** Makes it what the plan says and returns the state. */
  create(planned: Fields, reach: Reach): Promise<Fields>;
  update(planned: Fields, state: Fields, reach: Reach): Promise<Fields>;
  /** The state as the API has it, null when it is gone. */
  read(state: Fields, reach: Reach): Promise<Fields | null>;
  /** Absent where the API cannot delete: the resource leaves the state only. */
  readonly remove?: (state: Fields, reach: Reach) => Promise<void>;
}

/** The field's text for a URL. @throws Error when it is no text, which the checks before prevent */
export function segment(fields: Fields, name: string): string {
  return encodeURIComponent(textOf(fields, name));
}

/** The parts of an import id, one per name of the form `<zone_id>/<dns_record_id>`. @throws Error that tells the form */
export function importParts(importId: string, form: string): readonly string[] {
  const parts = importId.split("/");
  if (parts.length !== form.split("/").length || parts.includes("")) {
    throw new Error(`invalid ID: expected the form "${form}"; got ${JSON.stringify(importId)}`);
  }
  return parts;
}

/** Makes a call and words its failure as the official provider does. */
export async function ask({ client, signal }: Reach, call: Omit<Call, "signal">): Promise<unknown> {
  return worded(client.call({ ...call, signal }));
}

/** Asks for a thing that may be gone: its representation in `answer`, or null for 404. */
export async function look({ client, signal }: Reach, path: string): Promise<{ readonly answer: unknown } | null> {
  try {
    return { answer: await client.call({ method: "GET", path, signal }) };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    return worded(Promise.reject(error as Error));
  }
}

async function worded<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Error) || error.name === "AbortError") throw error;
    throw new Error(`failed to make http request: ${error.message}`, { cause: error });
  }
}
