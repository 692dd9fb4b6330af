import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { ApiFailure, failure } from "./envelope.ts";

/** What a token may do, in the words of Cloudflare's permission groups. */
export const tokenScopes = ["zone:read", "dns:edit", "zone_settings:edit", "waf:edit", "ssl:edit"] as const;
export type TokenScope = (typeof tokenScopes)[number];

export interface ApiToken {
  /** Environment, or any other name: it stands in the log in place of the token. */
  readonly name: string;
  readonly value: string;
  readonly scopes: readonly TokenScope[];
}

/** Requests that a token may make in a window: Cloudflare's are 1,200 in five minutes. */
export interface RateLimit {
  readonly requests: number;
  readonly windowSeconds: number;
}

interface Window {
  readonly endsAt: number;
  used: number;
}

/** Knows the tokens, counts their requests. */
export class TokenDesk {
  private readonly tokens: readonly (ApiToken & { readonly digest: Buffer })[];
  private readonly limit: RateLimit;
  private readonly now: () => number;
  private readonly windows = new Map<string, Window>();
  private readonly narrowed = new Map<string, readonly TokenScope[]>();

  constructor(tokens: readonly ApiToken[], limit: RateLimit, now: () => number) {
    this.tokens = tokens.map((token) => ({ ...token, digest: digestOf(token.value) }));
    this.limit = limit;
    this.now = now;
  }

  /** The token of a request. Throws Cloudflare's error for none, for one of another shape and for an unknown one. */
  authenticate(headers: IncomingHttpHeaders, verifying: boolean): ApiToken {
    const header = headers.authorization;
    if (header === undefined) {
      if (headers["x-auth-key"] !== undefined) throw malformed(6103, "Invalid format for X-Auth-Key header");
      throw failure(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
    }
    const value = /^Bearer ([A-Za-z0-9_-]{20,128})$/.exec(header)?.[1];
    if (value === undefined) throw malformed(6111, "Invalid format for Authorization header");
    const digest = digestOf(value);
    const token = this.tokens.find((known) => timingSafeEqual(known.digest, digest));
    if (token === undefined) throw verifying ? failure(401, 1000, "Invalid API Token") : failure(403, 9109, "Invalid access token");
    return { name: token.name, value: "", scopes: this.narrowed.get(token.name) ?? token.scopes };
  }

  /** Counts a request of `token`; seconds to wait when it is one too many. */
  count(token: ApiToken): number | undefined {
    const now = this.now();
    const window = this.windows.get(token.name);
    if (window === undefined || now >= window.endsAt) {
      this.windows.set(token.name, { endsAt: now + this.limit.windowSeconds * 1000, used: 1 });
      return undefined;
    }
    window.used += 1;
    return window.used > this.limit.requests ? Math.max(1, Math.ceil((window.endsAt - now) / 1000)) : undefined;
  }

  /** Takes scopes from a token, as somebody in Cloudflare's dashboard might; `undefined` gives them back. */
  narrow(name: string, scopes: readonly TokenScope[] | undefined): void {
    if (!this.tokens.some((token) => token.name === name)) {
      throw new Error(`no token "${name}"; there are ${this.tokens.map((token) => token.name).join(", ")}`);
    }
    if (scopes === undefined) this.narrowed.delete(name);
    else this.narrowed.set(name, scopes);
  }
}

/** A stable id for a token, as `/user/tokens/verify` gives one. Tells nothing about its value. */
export function tokenId(token: ApiToken): string {
  return createHash("sha256").update(`terrace token ${token.name}`).digest("hex").slice(0, 32);
}

function malformed(code: number, message: string): ApiFailure {
  return failure(400, 6003, "Invalid request headers", { error_chain: [{ code, message }] });
}

function digestOf(value: string): Buffer {
  return createHash("sha256").update(value).digest();
}
