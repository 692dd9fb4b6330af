import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIPv6, type Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Address } from "../slot.ts";
import type { OriginPlan } from "./decide.ts";

/** Idle connections end before those of the usual origins do (Traefik: 180 s), so that the origin is hardly ever the first. */
const idleMilliseconds = 60_000;
/**
 * Connections to one origin at a time; more requests wait for one to come free. Without a bound, a moment in which the machine is slow
 * becomes thousands of handshakes, which make it slower: more than a listener's queue holds, and connections fail that need not have.
 */
const connectionLimit = 512;
const pooling = {
  keepAlive: true,
  maxSockets: connectionLimit,
  maxFreeSockets: connectionLimit,
  timeout: idleMilliseconds,
  scheduling: "lifo",
} as const;

/** What the edge trusts and shows towards origins; PEM. */
export interface OriginTrust {
  /** Authorities of origin certificates: outside, Cloudflare's Origin CA and the public ones. */
  readonly authorities: readonly string[];
  /** For authenticated origin pulls. */
  readonly client: { readonly certificate: string; readonly privateKey: string };
}

/** Kept-alive connections to origins, apart by how they were made: one that was not verified must not serve a request that asks for it. */
export class OriginPools {
  private readonly plain = new HttpAgent(pooling);
  private readonly secure = new Map<string, { readonly agent: HttpsAgent; readonly context: SecureContext }>();
  private readonly trust: OriginTrust;
  private readonly source: Address | undefined;
  /** When each connection was last in use; milliseconds. One that is not here has not stood yet. */
  private readonly lastUse = new WeakMap<Socket, number>();

  /** `source`: the addresses that origins see, those that Cloudflare announces as its own; the system's choice when left out. */
  constructor(trust: OriginTrust, source?: Address) {
    this.trust = trust;
    this.source = source;
  }

  /** Connection option for the address of an origin. */
  from(address: string): { readonly localAddress?: string } {
    if (this.source === undefined) return {};
    return { localAddress: isIPv6(address) ? this.source.ipv6 : this.source.ipv4 };
  }

  /** Connection options for a plan. The contexts are made once: parsing PEM per connection costs more than the handshake. */
  options(plan: OriginPlan): {
    readonly agent: HttpAgent;
    readonly tls?: { readonly secureContext: SecureContext; readonly servername: string; readonly rejectUnauthorized: boolean };
  } {
    if (plan.scheme === "http") return { agent: this.plain };
    const key = `${plan.verify} ${plan.clientCertificate}`;
    let pool = this.secure.get(key);
    if (pool === undefined) {
      const { certificate, privateKey } = this.trust.client;
      const context = createSecureContext({
        ca: [...this.trust.authorities],
        ...(plan.clientCertificate ? { cert: certificate, key: privateKey } : {}),
      });
      pool = { agent: new HttpsAgent(pooling), context };
      this.secure.set(key, pool);
    }
    return { agent: pool.agent, tls: { secureContext: pool.context, servername: plan.serverName, rejectUnauthorized: plan.verify } };
  }

  /** Notes that a connection stands and is in use. */
  used(socket: Socket): void {
    this.lastUse.set(socket, performance.now());
  }

  /**
   * Whether a connection stood before. `request.reusedSocket` does not tell: Node sets it only for a connection that lay idle, not for one
   * that a waiting request takes over from the one before.
   */
  hasStood(socket: Socket): boolean {
    return this.lastUse.has(socket);
  }

  /** Closes the connections of an agent that have lain idle for longer than `milliseconds`. */
  dropIdle(agent: HttpAgent, milliseconds: number): void {
    const limit = performance.now() - milliseconds;
    for (const sockets of Object.values(agent.freeSockets)) {
      for (const socket of sockets ?? []) if ((this.lastUse.get(socket) ?? 0) <= limit) socket.destroy();
    }
  }

  close(): void {
    this.plain.destroy();
    for (const { agent } of this.secure.values()) agent.destroy();
  }
}
