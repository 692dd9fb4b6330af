import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createHttp, type RequestListener, type Server as HttpServer } from "node:http";
import { createServer as createHttps, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { reviseRules, ruleBody } from "../../../sandbox/cloudflare/rules.ts";
import { firewallPhase } from "../../../sandbox/cloudflare/rulesets.ts";
import { startEdge, type EdgeService, type OriginLimits } from "../../../sandbox/edge/index.ts";
import type { Address } from "../../../sandbox/slot.ts";
import { TestWorld, zoneId } from "../dns/world.ts";
import { TestAuthority, type Pair } from "./certificates.ts";
import { ask, type Ask, type Heard } from "./client.ts";

export const host = "api.truealpha.test";

/** Certificates of one run: they cost time, and no test changes them. */
export interface Papers {
  readonly authority: TestAuthority;
  readonly stranger: TestAuthority;
  readonly edge: Pair;
  readonly origin: Pair;
  readonly client: Pair;
}
let made: Promise<Papers> | undefined;
export function papers(): Promise<Papers> {
  made ??= (async () => {
    const [authority, stranger] = await Promise.all([TestAuthority.create(), TestAuthority.create("Somebody else's CA")]);
    const names = ["truealpha.test", "*.truealpha.test"];
    const [edge, origin, client] = await Promise.all([
      authority.issue(names),
      authority.issue(names),
      authority.issue(["edge"], { client: true }),
    ]);
    return { authority, stranger, edge, origin, client };
  })();
  return made;
}

/** An origin on loopback with a plain and an encrypted port. */
export class Origin {
  readonly plain: HttpServer;
  readonly secure: HttpServer;

  constructor(handler: RequestListener, pair: Pair, options: ServerOptions = {}) {
    this.plain = createHttp(handler);
    this.secure = createHttps({ cert: pair.certificate, key: pair.privateKey, ...options }, handler);
    // Traefik's; Node's own five seconds run out in the middle of things on a machine that is busy enough.
    for (const server of [this.plain, this.secure]) server.keepAliveTimeout = 180_000;
  }

  async listen(ports: { http: number; https: number } = { http: 0, https: 0 }): Promise<void> {
    this.plain.listen(ports.http, "127.0.0.1");
    this.secure.listen(ports.https, "127.0.0.1");
    await Promise.all([this.plain, this.secure].map((server) => once(server, "listening")));
  }

  get ports(): { http: number; https: number } {
    return { http: (this.plain.address() as AddressInfo).port, https: (this.secure.address() as AddressInfo).port };
  }

  async close(): Promise<void> {
    await Promise.all(
      [this.plain, this.secure].map(async (server) => {
        if (!server.listening) return;
        const closed = once(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
      }),
    );
  }
}

/** An edge, its world and an origin behind `host`. */
export class Rig {
  readonly world: TestWorld;
  readonly origin: Origin;
  readonly edge: EdgeService;
  private readonly ca: string;

  private constructor(world: TestWorld, origin: Origin, edge: EdgeService, ca: string) {
    this.world = world;
    this.origin = origin;
    this.edge = edge;
    this.ca = ca;
  }

  static async create(
    handler: RequestListener,
    options: {
      readonly limits?: Partial<OriginLimits>;
      readonly pair?: Pair;
      readonly tls?: ServerOptions;
      readonly trust?: string;
      readonly source?: Address;
    } = {},
  ): Promise<Rig> {
    const { authority, edge: shown, origin: pair, client } = await papers();
    const world = await TestWorld.create();
    const origin = new Origin(handler, options.pair ?? pair, options.tls);
    await origin.listen();
    const edge = await startEdge({
      listeners: [{ host: "127.0.0.1", httpPort: 0, httpsPort: 0 }],
      certificates: [shown],
      world,
      trust: { authorities: [options.trust ?? authority.certificate], client },
      ...(options.source === undefined ? {} : { source: options.source }),
      name: "edge.terrace.test",
      logs: world.directory,
      limits: { ports: origin.ports, ...options.limits },
    });
    const rig = new Rig(world, origin, edge, authority.certificate);
    await rig.point("127.0.0.1");
    return rig;
  }

  /** Makes `host` a proxied name with these addresses. */
  async point(...addresses: readonly string[]): Promise<void> {
    await this.world.records(
      ...addresses.map((content) => ({ name: host, type: content.includes(":") ? "AAAA" : "A", content, proxied: true })),
    );
  }

  async rules(...rules: readonly Record<string, unknown>[]): Promise<void> {
    const now = new Date().toISOString();
    const revised = reviseRules(
      [],
      rules.map((rule) => ruleBody.parse(rule)),
      now,
    );
    const ruleset = {
      id: "1",
      name: "test",
      description: "",
      kind: "zone" as const,
      phase: firewallPhase,
      version: "1",
      last_updated: now,
      rules: revised,
    };
    await this.world.zones.change(zoneId, { rulesets: [ruleset] });
  }

  get port(): number {
    return this.edge.ports[0]?.https ?? 0;
  }

  /** A request over TLS. */
  get(path: string, more: Partial<Ask> = {}): Promise<Heard> {
    return ask({ port: this.port, host, ca: this.ca, path, ...more });
  }

  /** A request without TLS. */
  plain(path: string, more: Partial<Ask> = {}): Promise<Heard> {
    return ask({ port: this.edge.ports[0]?.http ?? 0, host, path, ...more });
  }

  async control(name: string, argument?: unknown): Promise<void> {
    await this.edge.controls?.[name]?.(argument);
  }

  /** The log once it has `count` lines: a line is written when an answer has left, which its client may see a moment earlier. */
  async log(count: number): Promise<readonly Record<string, unknown>[]> {
    for (;;) {
      const lines = (await readFile(join(this.world.directory, "edge.jsonl"), "utf8")).split("\n").filter((line) => line !== "");
      if (lines.length >= count) return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      await nextTurn();
    }
  }

  async close(): Promise<void> {
    await this.edge.close();
    await this.origin.close();
    await this.world.remove();
  }
}
