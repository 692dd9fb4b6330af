import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { RequestFacts } from "../cloudflare/expression/fields.ts";
import { edgeHeaders } from "./headers.ts";
import type { Page } from "./pages.ts";

/** A client's request, of either HTTP version. */
export type ClientMessage = IncomingMessage | Http2ServerRequest;
/** HTTP/2's class offers what is used here of HTTP/1.1's; that is what Node's compatibility API is for. */
export type ClientResponse = ServerResponse;

/** One request at the edge, with what every step wants to know of it. */
export interface Exchange {
  readonly message: ClientMessage;
  readonly facts: RequestFacts;
  /** Path and query, as sent. */
  readonly target: string;
  /** Host header as sent. */
  readonly hostHeader: string;
  readonly ray: string;
  readonly hasBody: boolean;
  readonly startedAt: number;
}

/** Reads what the edge decides by; `undefined` when there is no usable host or target. */
export function readExchange(message: ClientMessage, encrypted: boolean): Exchange | undefined {
  const hostHeader = ("authority" in message ? message.authority : undefined) ?? message.headers.host ?? "";
  const host = hostHeader.replace(/:\d+$/, "");
  const target = message.url ?? "";
  if (host === "" || !target.startsWith("/")) return undefined;
  const question = target.indexOf("?");
  return {
    message,
    target,
    hostHeader,
    ray: `${randomUUID().replaceAll("-", "").slice(0, 16)}-TRC`,
    hasBody: bodyOf(message),
    startedAt: performance.now(),
    facts: {
      host,
      path: question < 0 ? target : target.slice(0, question),
      query: question < 0 ? "" : target.slice(question + 1),
      method: message.method ?? "GET",
      userAgent: message.headers["user-agent"] ?? "",
      source: (message.socket.remoteAddress ?? "0.0.0.0").replace(/^::ffff:/, ""),
      encrypted,
    },
  };
}

/** Sends an answer of the edge's own. What is left of an upload is read and thrown away by Node, so the connection stays usable. */
export function sendPage(response: ClientResponse, page: Page, ray: string): void {
  if (response.headersSent) return;
  const headers = { ...page.headers, ...edgeHeaders(ray), "content-length": Buffer.byteLength(page.body) };
  response.writeHead(page.status, headers);
  response.end(page.body);
}

function bodyOf(message: ClientMessage): boolean {
  if ("stream" in message) return !message.stream.endAfterHeaders;
  return message.headers["transfer-encoding"] !== undefined || Number(message.headers["content-length"] ?? 0) > 0;
}
