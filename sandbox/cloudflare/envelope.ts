import type { JsonReply } from "./emulator/jsonServer.ts";

export interface ApiError {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly { readonly code: number; readonly message: string }[];
  readonly source?: { readonly pointer: string };
}

/** An error answer in Cloudflare's envelope. `refused` marks what the emulator does not know, as opposed to what Cloudflare forbids. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly errors: readonly ApiError[];
  readonly refused: boolean;

  constructor(status: number, errors: readonly ApiError[], refused = false) {
    super(errors.map(({ code, message }) => `${message} (${code})`).join("; "));
    this.name = "ApiFailure";
    this.status = status;
    this.errors = errors;
    this.refused = refused;
  }
}

/** One error with one code. */
export function failure(status: number, code: number, message: string, more: Partial<ApiError> = {}): ApiFailure {
  return new ApiFailure(status, [{ code, message, ...more }]);
}

/**
 * For what upstream may know but this emulator does not. Status 400, not 501: Cloudflare's own clients try a 5xx again for minutes.
 * The code is none of Cloudflare's.
 */
export function unknownHere(message: string): ApiFailure {
  return new ApiFailure(400, [{ code: 99000, message: `Not emulated: ${message}` }], true);
}

export function succeed(result: unknown, more: { readonly messages?: readonly unknown[]; readonly result_info?: unknown } = {}): JsonReply {
  const { messages = [], ...rest } = more;
  return { status: 200, body: { result, success: true, errors: [], messages, ...rest } };
}

export function failureReply(fault: ApiFailure): JsonReply {
  return {
    status: fault.status,
    body: { result: null, success: false, errors: fault.errors, messages: [] },
    ...(fault.refused ? { refused: fault.message } : {}),
    note: fault.errors.map(({ code }) => code).join(","),
  };
}
