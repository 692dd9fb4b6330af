import type { IncomingMessage, ServerResponse } from "node:http";

/** One request on its way through the routes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

/** Told to the client as a JSON error with this status. */
export class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "HttpError";
    this.status = status;
  }
}

/** Ends a response with JSON. Nothing that this API says may be answered from a cache: probes compare it with what runs. */
export function sendJson(response: ServerResponse, status: number, value: unknown, contentType = "application/json"): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    "content-type": `${contentType}; charset=utf-8`,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}

/** The request's body. Throws HttpError 413 past the limit, in bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer;
    size += part.length;
    if (size > limit) throw new HttpError(413, `body: at most ${limit} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}
