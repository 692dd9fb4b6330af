import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { OriginPlan } from "./decide.ts";
import type { OriginPools } from "./pools.ts";

/** What is sent, whatever address it goes to. */
export interface OriginCall {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Flat, complete. */
  readonly headers: readonly string[];
  /** Begins to send the body; called once a connection stands, so that a failed one costs none of it. */
  readonly sendBody?: (request: ClientRequest) => void;
}

export interface OriginLimits {
  readonly ports: { readonly http: number; readonly https: number };
  /** Until TCP is connected; Cloudflare waits 19 s. */
  readonly connectMilliseconds: number;
  /** For the TLS handshake, and again from the last byte sent to the first one of the answer; Cloudflare waits 100 s. */
  readonly answerMilliseconds: number;
  /** How long a connection may have lain idle to carry a request that must not be sent twice. */
  readonly freshMilliseconds: number;
}

export type Attempt =
  | { readonly kind: "answered"; readonly response: IncomingMessage; readonly request: ClientRequest }
  | { readonly kind: "upgraded"; readonly response: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }
  | {
      readonly kind: "failed";
      readonly error: NodeJS.ErrnoException;
      /** How far it came: nothing can have been processed before "connected". */
      readonly phase: "connecting" | "securing" | "connected";
      /** Whether the connection had been used before: its end may be news from the past. */
      readonly reused: boolean;
      readonly request: ClientRequest;
    };

/** Sends one request to one address. Never rejects; aborting `signal` ends the connection and with it the attempt. */
export function attemptOrigin(
  pools: OriginPools,
  plan: OriginPlan,
  address: string,
  call: OriginCall,
  limits: OriginLimits,
  signal: AbortSignal,
): Promise<Attempt> {
  const { agent, tls } = pools.options(plan);
  const message = { method: call.method, path: call.target, headers: [...call.headers], setHost: false };
  const common = { host: address, ...pools.from(address), agent, ...message, signal };
  return new Promise((resolve) => {
    const request =
      tls === undefined
        ? httpRequest({ ...common, port: limits.ports.http })
        : httpsRequest({ ...common, port: limits.ports.https, ...tls });
    let phase: "connecting" | "securing" | "connected" = "connecting";
    let stopWaiting = (): void => undefined;
    let reused = false;
    const connected = (socket: Socket): void => {
      stopWaiting();
      phase = "connected";
      pools.used(socket);
      request.setTimeout(limits.answerMilliseconds, () => request.destroy(timeout("answer")));
      call.sendBody?.(request);
    };
    request.once("socket", (socket) => {
      reused = pools.hasStood(socket);
      if (reused) {
        connected(socket);
        return;
      }
      stopWaiting = patiently(limits.connectMilliseconds, () => request.destroy(timeout("connect")));
      socket.once("connect", () => {
        stopWaiting();
        if (tls === undefined) {
          connected(socket);
          return;
        }
        phase = "securing";
        stopWaiting = patiently(limits.answerMilliseconds, () => request.destroy(timeout("secure")));
      });
      if (tls !== undefined) socket.once("secureConnect", () => connected(socket));
    });
    request.once("response", (response) => {
      request.setTimeout(0);
      const { socket } = response;
      response.once("end", () => pools.used(socket));
      resolve({ kind: "answered", response, request });
    });
    request.once("upgrade", (response, socket, head) => {
      request.setTimeout(0);
      resolve({ kind: "upgraded", response, socket, head });
    });
    // Stays for good: an upload may fail after the answer has begun.
    request.on("error", (error: NodeJS.ErrnoException) => {
      stopWaiting();
      resolve({ kind: "failed", error, phase, reused, request });
    });
    if (call.sendBody === undefined) request.end();
  });
}

/** The number of Cloudflare's error page for a failed attempt. */
export function originFault(attempt: Extract<Attempt, { kind: "failed" }>): number {
  const code = attempt.error.code ?? "";
  if (code === "TERRACE_CONNECT_TIMEOUT" || code === "TERRACE_SECURE_TIMEOUT" || code === "ETIMEDOUT") return 522;
  if (code === "TERRACE_ANSWER_TIMEOUT") return 524;
  if (code === "ECONNREFUSED") return 521;
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH" || code === "EADDRNOTAVAIL") return 523;
  if (certificateFaults.has(code)) return 526;
  if (attempt.phase === "securing" || code.startsWith("ERR_SSL_") || code === "EPROTO") return 525;
  return attempt.phase === "connecting" ? 521 : 520;
}

/** What OpenSSL and Node call a certificate that does not hold. */
const certificateFaults = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

function timeout(what: "connect" | "secure" | "answer"): NodeJS.ErrnoException {
  return Object.assign(new Error(`the origin took too long to ${what}`), { code: `TERRACE_${what.toUpperCase()}_TIMEOUT` });
}

/**
 * Calls `late` after `milliseconds`, unless stopped. Timers run before sockets are looked at: on a machine that starved this process, what
 * was waited for may have arrived long ago, so the sockets get their turn first.
 */
function patiently(milliseconds: number, late: () => void): () => void {
  let stopped = false;
  const timer = setTimeout(() => {
    setImmediate(() => {
      setImmediate(() => {
        if (!stopped) late();
      });
    });
  }, milliseconds);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
