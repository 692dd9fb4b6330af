import { setTimeout as wait } from "node:timers/promises";
import { send } from "./transport.ts";
import type { WireAnswer, WireRequest } from "./transport.ts";
import type { Json } from "./model/body.ts";

/** How the plugin reaches the API. */
export interface ClientOptions {
  /** With or without a slash at the end: `https://api.cloudflare.com/client/v4/`. */
  readonly baseUrl: string;
  readonly apiToken: string;
  readonly userAgent: string;
  /** Waits so many milliseconds; tests give one that does not. */
  readonly pause?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** One call of the API. The path is relative to the base URL and already encoded. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: Json;
  readonly signal?: AbortSignal;
}

/** The API refused. The message is the official provider's: method, URL, status and the answer's JSON, which holds Cloudflare's own words. */
export class ApiError extends Error {
  readonly status: number;
  constructor(call: Call, url: URL, answer: WireAnswer) {
    super(`${call.method} "${url.href}": ${answer.status} ${answer.statusText} ${jsonText(answer.body)}`);
    this.name = "ApiError";
    this.status = answer.status;
  }
}

export interface CloudflareClient {
  /** The answer's `result`. @throws ApiError, TransportError */
  call(call: Call): Promise<unknown>;
}

/** cloudflare-go v6 `internal/requestconfig/requestconfig.go`: ten retries, which take about three minutes. */
const retries = 10;

/**
 * A client that retries as the official provider does: no connection, 408, 409, 429 and 5xx up to ten times, after 2, 4, 8, 16 and then 30
 * seconds (less up to a quarter), or after what `Retry-After` asks if that is under a minute. `x-should-retry` overrules the status.
 */
export function cloudflareClient(options: ClientOptions): CloudflareClient {
  const base = baseUrl(options.baseUrl);
  const pause =
    options.pause ?? ((milliseconds, signal) => wait(milliseconds, undefined, { ref: true, ...(signal === undefined ? {} : { signal }) }));

  async function attempt(call: Call, url: URL, retry: number): Promise<WireAnswer> {
    const request: WireRequest = {
      method: call.method,
      url,
      headers: {
        Accept: "application/json",
        Authorization: `Bearer ${options.apiToken}`,
        "User-Agent": options.userAgent,
        "X-Stainless-Retry-Count": String(retry),
        ...(call.body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    };
    return send(request);
  }

  async function answered(call: Call, url: URL): Promise<WireAnswer> {
    for (let retry = 0; ; retry += 1) {
      const outcome = await attempt(call, url, retry).catch((error: unknown) => {
        call.signal?.throwIfAborted();
        return error instanceof Error ? error : new Error(String(error));
      });
      const answer = outcome instanceof Error ? null : outcome;
      if (retry < retries && worthRetrying(answer)) {
        await pause(retryDelay(answer, retry), call.signal);
        continue;
      }
      if (outcome instanceof Error) throw outcome;
      return outcome;
    }
  }

  return {
    async call(call) {
      const url = new URL(call.path, base);
      const answer = await answered(call, url);
      if (answer.status >= 300) throw new ApiError(call, url, answer);
      return resultOf(answer, call, url);
    },
  };
}

/** A base URL always ends with a slash, else its last part would be replaced by the path. */
function baseUrl(address: string): URL {
  const url = new URL(address);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function worthRetrying(answer: WireAnswer | null): boolean {
  if (answer === null) return true;
  const asked = answer.headers["x-should-retry"];
  if (asked === "true") return true;
  if (asked === "false") return false;
  return [408, 409, 429].includes(answer.status) || answer.status >= 500;
}

/** Milliseconds until the next try. */
export function retryDelay(answer: WireAnswer | null, retry: number, random: () => number = Math.random): number {
  const asked = answer === null ? null : retryAfter(answer.headers);
  if (asked !== null && asked >= 0 && asked < 60_000) return asked;
  const delay = Math.min(30_000, 2000 * 2 ** retry);
  return delay - Math.floor((random() * delay) / 4);
}

function retryAfter(headers: Readonly<Record<string, string>>): number | null {
  const milliseconds = Number.parseFloat(headers["retry-after-ms"] ?? "");
  if (!Number.isNaN(milliseconds)) return milliseconds;
  const value = headers["retry-after"];
  if (value === undefined || value === "") return null;
  if (/^[0-9.]+$/.test(value)) return Number.parseFloat(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : date - Date.now();
}

function jsonText(body: Buffer): string {
  const content = body.toString("utf8");
  try {
    JSON.parse(content);
    return content;
  } catch {
    return "";
  }
}

/** The `result` of an answer. A DELETE of a ruleset answers without a body. */
function resultOf(answer: WireAnswer, call: Call, url: URL): unknown {
  if (answer.body.length === 0) return undefined;
  let envelope: unknown;
  try {
    envelope = JSON.parse(answer.body.toString("utf8"));
  } catch (error) {
    const size = `${answer.body.length} bytes of ${answer.headers["content-type"] ?? "no content type"}`;
    throw new Error(`${call.method} "${url.href}": ${answer.status} with ${size}, which is not JSON`, { cause: error });
  }
  return typeof envelope === "object" && envelope !== null && "result" in envelope ? envelope.result : undefined;
}
