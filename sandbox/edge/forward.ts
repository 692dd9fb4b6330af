import type { ClientRequest, IncomingMessage } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { attemptOrigin, originFault, type Attempt, type OriginCall, type OriginLimits } from "./attempt.ts";
import type { OriginPlan } from "./decide.ts";
import type { ClientResponse, Exchange } from "./exchange.ts";
import { clientHeaders, originHeaders } from "./headers.ts";
import type { OriginPools } from "./pools.ts";

/** Methods that may be sent twice (RFC 9110, 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** Idle connections found dead in a row; then something else is wrong. */
const staleLimit = 3;

export interface Forwarder {
  readonly pools: OriginPools;
  readonly limits: OriginLimits;
}

/** An answer of the origin, or the number of the page that the client gets instead. */
export type Reached =
  | { readonly kind: "answered"; readonly response: IncomingMessage; readonly address: string; readonly retries: number }
  | { readonly kind: "upgraded"; readonly attempt: Extract<Attempt, { kind: "upgraded" }>; readonly address: string }
  | { readonly kind: "fault"; readonly code: number; readonly detail: string; readonly address: string; readonly retries: number };

/**
 * Sends a request to the origin. Tries the next address while no connection comes about. A kept-alive connection that turns out dead costs
 * an idempotent request without body nothing but time: it is sent again. Others may have been processed, so they are not.
 */
export async function reachOrigin(
  forwarder: Forwarder,
  plan: OriginPlan,
  exchange: Exchange,
  signal: AbortSignal,
  upgrade: boolean,
): Promise<Reached> {
  const { pools, limits } = forwarder;
  const call = originCall(exchange, upgrade);
  const repeatable = idempotent.has(call.method) && !exchange.hasBody;
  let retries = 0;
  let stale = 0;
  for (let index = 0; ;) {
    const address = plan.addresses[index] ?? "";
    // A turn of the event loop lets the pool hear of connections that ended meanwhile, before one of them is chosen. One that has lain
    // idle for long may end at any moment, so it is not taken either.
    if (!repeatable) {
      await nextTurn();
      pools.dropIdle(pools.options(plan).agent, limits.freshMilliseconds);
    }
    const attempt = await attemptOrigin(pools, plan, address, call, limits, signal);
    if (attempt.kind === "answered") return { kind: "answered", response: attempt.response, address, retries };
    if (attempt.kind === "upgraded") return { kind: "upgraded", attempt, address };
    const outdated = attempt.reused && repeatable && stale < staleLimit && !signal.aborted;
    const elsewhere = attempt.phase !== "connected" && index + 1 < plan.addresses.length && !signal.aborted;
    if (outdated) {
      stale += 1;
      pools.dropIdle(pools.options(plan).agent, 0);
    } else if (elsewhere) index += 1;
    else return { kind: "fault", code: originFault(attempt), detail: attempt.error.code ?? attempt.error.message, address, retries };
    retries += 1;
  }
}

/** Passes the origin's answer on as it comes, chunk by chunk. Resolves when both sides are done with it. */
export function deliver(
  origin: IncomingMessage,
  response: ClientResponse,
  exchange: Exchange,
  more: Readonly<Record<string, string>>,
  seen?: { chunk(part: Buffer): void; end(): void },
): Promise<"whole" | "cut"> {
  const headers = clientHeaders(origin.rawHeaders, exchange.ray, more);
  return new Promise((resolve) => {
    response.writeHead(origin.statusCode ?? 502, headers);
    let begun = false;
    let ended = false;
    origin.once("data", () => (begun = true));
    // Server-sent events wait for their headers. Content that came with them goes out in the same packet.
    setImmediate(() => {
      if (!begun && !ended && !response.destroyed) response.flushHeaders();
    });
    // A client that leaves ends the request to the origin by its signal.
    response.on("close", () => resolve(ended && response.writableFinished ? "whole" : "cut"));
    origin.on("error", () => response.destroy());
    origin.on("end", () => {
      ended = true;
      seen?.end();
    });
    if (seen !== undefined) origin.on("data", (part: Buffer) => seen.chunk(part));
    origin.pipe(response);
  });
}

function originCall(exchange: Exchange, upgrade: boolean): OriginCall {
  const { message, facts } = exchange;
  const raw = message.rawHeaders;
  const scheme = facts.encrypted ? "https" : "http";
  const headers = originHeaders(raw, { address: facts.source, ray: exchange.ray, scheme, host: exchange.hostHeader });
  if (upgrade) headers.push("Connection", "Upgrade", "Upgrade", message.headers.upgrade ?? "websocket");
  const call = { method: facts.method, target: exchange.target, headers };
  const lengthKnown = message.headers["content-length"] !== undefined;
  if (!exchange.hasBody) {
    if (!lengthKnown && (facts.method === "POST" || facts.method === "PUT" || facts.method === "PATCH"))
      headers.push("Content-Length", "0");
    return call;
  }
  if (!lengthKnown) headers.push("Transfer-Encoding", "chunked");
  return { ...call, sendBody: (request) => sendBody(message, request) };
}

function sendBody(message: Exchange["message"], request: ClientRequest): void {
  message.pipe(request);
  request.on("close", () => message.unpipe(request));
}
