import { randomBytes } from "node:crypto";
import type { JsonReply } from "../cloudflare/emulator/jsonServer.ts";

/** An error answer in Infisical's form. `refused` marks what the emulator does not know, as opposed to what Infisical forbids. */
export class InfisicalFault extends Error {
  readonly status: number;
  readonly error: string;
  /** Text, or for validation the list of issues. */
  readonly content: unknown;
  readonly details: unknown;
  readonly refused: boolean;

  constructor(status: number, error: string, content: unknown, more: { readonly details?: unknown; readonly refused?: boolean } = {}) {
    super(typeof content === "string" ? content : error);
    this.name = "InfisicalFault";
    this.status = status;
    this.error = error;
    this.content = content;
    this.details = more.details;
    this.refused = more.refused ?? false;
  }
}

export const badRequest = (message: string): InfisicalFault => new InfisicalFault(400, "BadRequest", message);
export const unauthorized = (message: string): InfisicalFault => new InfisicalFault(401, "UnauthorizedError", message);
export const forbidden = (message: string, details?: unknown): InfisicalFault =>
  new InfisicalFault(403, "PermissionDenied", message, { details });
export const tokenError = (message: string): InfisicalFault => new InfisicalFault(403, "TokenError", message);
export const notFound = (message: string): InfisicalFault => new InfisicalFault(404, "NotFound", message);
/** For what upstream may know but this emulator does not. */
export const unknownHere = (message: string): InfisicalFault =>
  new InfisicalFault(501, "NotEmulated", `Not emulated: ${message}`, { refused: true });

export function faultReply(fault: InfisicalFault): JsonReply {
  return {
    status: fault.status,
    body: {
      reqId: `req-${randomBytes(7).toString("hex")}`,
      statusCode: fault.status,
      message: fault.content,
      error: fault.error,
      ...(fault.details === undefined ? {} : { details: fault.details }),
    },
    ...(fault.refused ? { refused: typeof fault.content === "string" ? fault.content : JSON.stringify(fault.content) } : {}),
    note: fault.error,
  };
}
