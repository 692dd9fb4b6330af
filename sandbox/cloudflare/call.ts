import type { z } from "zod";
import type { JsonReply } from "./emulator/jsonServer.ts";
import { ApiFailure, failure, succeed } from "./envelope.ts";
import type { Zone } from "./state.ts";
import type { CloudflareStore } from "./store.ts";

/** One authorised request to a zone's resources. */
export interface Call {
  readonly store: CloudflareStore;
  readonly zone: Zone;
  /** The path's variable parts. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly method: string;
}

/** Reads a body by its schema; what is malformed or unknown is one error each, with the place as Cloudflare gives it. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.some((issue) => issue.code === "unrecognized_keys");
  const errors = parsed.error.issues.map((issue) => ({
    code: issue.code === "unrecognized_keys" ? 99000 : 9207,
    message: `${issue.path.length === 0 ? "body" : issue.path.join(".")}: ${issue.message}`,
    source: { pointer: `/${issue.path.join("/")}` },
  }));
  throw new ApiFailure(400, errors, unknown);
}

/** One page of a list, with Cloudflare's `result_info`. */
export function pageOf(
  call: Pick<Call, "query">,
  items: readonly unknown[],
  size: { readonly perPage: number; readonly limit: number },
): JsonReply {
  const page = wholeNumber(call, "page", 1, Number.MAX_SAFE_INTEGER);
  const perPage = wholeNumber(call, "per_page", size.perPage, size.limit);
  const result = items.slice((page - 1) * perPage, page * perPage);
  return succeed(result, {
    result_info: {
      page,
      per_page: perPage,
      count: result.length,
      total_count: items.length,
      total_pages: Math.max(1, Math.ceil(items.length / perPage)),
    },
  });
}

function wholeNumber(call: Pick<Call, "query">, name: string, initial: number, limit: number): number {
  const given = call.query.get(name);
  if (given === null) return initial;
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1 || value > limit)
    throw failure(400, 9207, `${name} must be a whole number from 1 to ${limit}.`);
  return value;
}
