import { createHash, createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { tokenError, unauthorized } from "./faults.ts";
import type { InfisicalStore } from "./store.ts";

/** A machine identity with universal auth: it may read and write its own environment and see no other. */
export interface MachineIdentity {
  readonly environment: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The defaults of upstream's universal auth; seconds. */
export interface AuthLimits {
  readonly lockoutThreshold: number;
  readonly lockoutSeconds: number;
  /** Failures longer ago than this do not count. */
  readonly counterResetSeconds: number;
  readonly accessTokenSeconds: number;
  /** Renewals cannot stretch a token beyond this. */
  readonly accessTokenMaxSeconds: number;
}

export const upstreamLimits: AuthLimits = {
  lockoutThreshold: 3,
  lockoutSeconds: 300,
  counterResetSeconds: 30,
  accessTokenSeconds: 2_592_000,
  accessTokenMaxSeconds: 2_592_000,
};

/** What login and renewal answer. */
export interface IssuedToken {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly accessTokenMaxTTL: number;
  readonly tokenType: "Bearer";
}

interface Failures {
  count: number;
  lockedOut: boolean;
  endsAt: number;
}

/** Logs machine identities in, knows their tokens, locks out who guesses. */
export class IdentityDesk {
  private readonly identities: readonly MachineIdentity[];
  private readonly store: InfisicalStore;
  private readonly limits: AuthLimits;
  private readonly now: () => number;
  /** By client id; in memory, as upstream keeps them outside its database. */
  private readonly failures = new Map<string, Failures>();

  constructor(identities: readonly MachineIdentity[], store: InfisicalStore, limits: AuthLimits, now: () => number) {
    this.identities = identities;
    this.store = store;
    this.limits = limits;
    this.now = now;
  }

  async login(clientId: string, clientSecret: string): Promise<IssuedToken> {
    const identity = this.identities.find((known) => known.clientId === clientId);
    if (identity === undefined) throw unauthorized("Invalid credentials");
    const failures = this.failuresOf(clientId);
    if (failures?.lockedOut === true) throw unauthorized("This identity auth method is temporarily locked, please try again later");
    if (!sameText(identity.clientSecret, clientSecret)) {
      this.countFailure(clientId, failures);
      throw unauthorized("Invalid credentials");
    }
    this.failures.delete(clientId);
    const now = this.now();
    return this.issue(randomUUID(), { identity: clientId, createdAt: now, renewedAt: now });
  }

  /** A token of the same session with a new life. */
  async renew(accessToken: string): Promise<IssuedToken> {
    const { id, token } = this.verify(accessToken);
    const now = this.now();
    if (now + this.limits.accessTokenSeconds * 1000 > token.createdAt + this.limits.accessTokenMaxSeconds * 1000 + 1000) {
      throw unauthorized("Failed to renew MI access token past its Max TTL expiration");
    }
    return this.issue(id, { ...token, renewedAt: now });
  }

  /** The identity behind an Authorization header. */
  authenticate(header: string | undefined): MachineIdentity {
    if (header === undefined) throw unauthorized("Token missing");
    const { token } = this.verify(header.slice("Bearer ".length));
    const identity = this.identities.find((known) => known.clientId === token.identity);
    if (identity === undefined) throw unauthorized("Identity does not exist any more");
    return identity;
  }

  /** Ends every token at once, as revoking the client secrets would. */
  async endTokens(): Promise<void> {
    for (const id of Object.keys(this.store.tokens)) Reflect.deleteProperty(this.store.tokens, id);
    await this.store.save();
  }

  /** Locks an identity out as if somebody had guessed, or lets it in again. */
  setLockout(environment: string, locked: boolean): void {
    const identity = this.identities.find((known) => known.environment === environment);
    if (identity === undefined)
      throw new Error(
        `no machine identity for "${environment}"; there are ${this.identities.map((known) => known.environment).join(", ")}`,
      );
    if (!locked) this.failures.delete(identity.clientId);
    else
      this.failures.set(identity.clientId, {
        count: this.limits.lockoutThreshold,
        lockedOut: true,
        endsAt: this.now() + this.limits.lockoutSeconds * 1000,
      });
  }

  private async issue(id: string, token: InfisicalStore["tokens"][string]): Promise<IssuedToken> {
    this.store.tokens[id] = token;
    await this.store.save();
    const issuedAt = Math.floor(token.renewedAt / 1000);
    const payload = {
      identityId: stableId(token.identity),
      identityAccessTokenId: id,
      authTokenType: "identityAccessToken",
      iat: issuedAt,
      exp: issuedAt + this.limits.accessTokenSeconds,
    };
    const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(payload)}`;
    return {
      accessToken: `${signed}.${this.sign(signed)}`,
      expiresIn: this.limits.accessTokenSeconds,
      accessTokenMaxTTL: this.limits.accessTokenMaxSeconds,
      tokenType: "Bearer",
    };
  }

  private verify(accessToken: string): { readonly id: string; readonly token: InfisicalStore["tokens"][string] } {
    const parts = accessToken.split(".");
    const [header, payload, signature] = parts;
    if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) throw tokenError("jwt malformed");
    if (!sameText(this.sign(`${header}.${payload}`), signature)) throw tokenError("invalid signature");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as {
      readonly identityAccessTokenId: string;
      readonly exp: number;
    };
    if (this.now() >= claims.exp * 1000) throw tokenError("Your token has expired. Please re-authenticate.");
    const token = this.store.tokens[claims.identityAccessTokenId];
    if (token === undefined) throw unauthorized("No such access token");
    return { id: claims.identityAccessTokenId, token };
  }

  private sign(text: string): string {
    return createHmac("sha256", this.store.tokenKey).update(text).digest("base64url");
  }

  private failuresOf(clientId: string): Failures | undefined {
    const failures = this.failures.get(clientId);
    if (failures === undefined || this.now() < failures.endsAt) return failures;
    this.failures.delete(clientId);
    return undefined;
  }

  private countFailure(clientId: string, before: Failures | undefined): void {
    const count = (before?.count ?? 0) + 1;
    const lockedOut = count >= this.limits.lockoutThreshold;
    const seconds = lockedOut ? this.limits.lockoutSeconds : this.limits.counterResetSeconds;
    this.failures.set(clientId, { count, lockedOut, endsAt: this.now() + seconds * 1000 });
  }
}

function sameText(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** An id for people's eyes that does not give the client id away. */
function stableId(text: string): string {
  const hex = createHash("sha256").update(`identity ${text}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
