import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { isReadMethod, type RequestLog } from "../cloudflare/emulator/requestLog.ts";
import type { EdgeBadDays } from "./badDays.ts";
import type { EdgeCache } from "./cache.ts";
import { decide, transportSecurity, type Decision } from "./decide.ts";
import { readExchange, sendPage, type ClientMessage, type ClientResponse, type Exchange } from "./exchange.ts";
import { deliver, reachOrigin, type Forwarder, type Reached } from "./forward.ts";
import { clientHeaders } from "./headers.ts";
import { challengePage, errorPage, redirectPage, selfPage, type Page } from "./pages.ts";
import type { EdgeOptions } from "./service.ts";
import { joinTunnel, pageTunnel, refuseTunnel } from "./tunnel.ts";

/** The way of a request through the edge: switches, decision, origin, answer, log. */
export class EdgeProxy {
  private readonly options: Pick<EdgeOptions, "name" | "world">;
  private readonly forwarder: Forwarder;
  private readonly badDays: EdgeBadDays;
  private readonly cache: EdgeCache;
  private readonly log: RequestLog;

  constructor(options: Pick<EdgeOptions, "name" | "world">, forwarder: Forwarder, badDays: EdgeBadDays, cache: EdgeCache, log: RequestLog) {
    this.options = options;
    this.forwarder = forwarder;
    this.badDays = badDays;
    this.cache = cache;
    this.log = log;
  }

  /** Answers one request, whatever happens: nothing may escape into the process that all services share. */
  async request(message: ClientMessage, response: ClientResponse, encrypted: boolean): Promise<void> {
    message.on("error", () => undefined);
    response.on("error", () => undefined);
    const exchange = readExchange(message, encrypted);
    if (exchange === undefined) {
      sendPage(response, errorPage(400, 400, "none"), "none");
      return;
    }
    try {
      const end = await this.answer(exchange, response);
      this.note(exchange, response.statusCode, end);
    } catch (error) {
      this.tellBug(error);
      if (response.headersSent) response.destroy();
      else sendPage(response, errorPage(500, 500, exchange.ray), exchange.ray);
      this.note(exchange, 500, { bug: true });
    }
  }

  /** The same for a request to speak websockets. */
  async upgrade(message: IncomingMessage, socket: Duplex, head: Buffer, encrypted: boolean): Promise<void> {
    socket.on("error", () => socket.destroy());
    const exchange = readExchange(message, encrypted);
    if (exchange === undefined) {
      pageTunnel(socket, errorPage(400, 400, "none"), "none");
      return;
    }
    try {
      await this.join(exchange, socket, head);
    } catch (error) {
      this.tellBug(error);
      socket.destroy();
    }
  }

  private async join(exchange: Exchange, socket: Duplex, head: Buffer): Promise<void> {
    const meeting = await this.meet(exchange);
    if (meeting === "drop") {
      socket.destroy();
      this.note(exchange, 0, { switch: "drop" });
      return;
    }
    const decision: Decision | { readonly kind: "made"; readonly page: Page } =
      meeting === undefined ? decide(this.options.world, exchange.facts, true) : { kind: "made", page: meeting };
    if (decision.kind !== "forward") {
      const page = decision.kind === "made" ? decision.page : pageOf(decision, exchange.ray);
      pageTunnel(socket, page, exchange.ray);
      this.note(exchange, page.status, {});
      return;
    }
    const gone = new AbortController();
    socket.on("close", () => gone.abort());
    const reached = await reachOrigin(this.forwarder, decision.plan, exchange, gone.signal, true);
    if (reached.kind === "fault") {
      pageTunnel(socket, errorPage(reached.code, reached.code, exchange.ray, reached.detail), exchange.ray);
      this.note(exchange, reached.code, { origin: reached.address, fault: reached.detail });
      return;
    }
    if (reached.kind === "answered") await refuseTunnel(socket, reached.response, exchange.ray);
    else await joinTunnel(socket, head, reached.attempt, exchange.ray);
    this.note(exchange, reached.kind === "upgraded" ? 101 : (reached.response.statusCode ?? 0), { origin: reached.address });
  }

  private async answer(exchange: Exchange, response: ClientResponse): Promise<Record<string, string | number | boolean>> {
    const { facts, ray } = exchange;
    const meeting = await this.meet(exchange);
    if (meeting === "drop") {
      response.destroy();
      return { switch: "drop" };
    }
    if (meeting !== undefined) {
      sendPage(response, meeting, ray);
      return { switch: "page" };
    }
    const decision = decide(this.options.world, facts, false);
    if (decision.kind !== "forward") {
      sendPage(response, facts.path === "/" && this.isSelf(facts.host) ? selfPage : pageOf(decision, ray), ray);
      return "ref" in decision ? { rule: decision.ref } : {};
    }
    const caching = this.caching(exchange);
    if (caching?.found !== undefined) {
      response.writeHead(caching.found.status, { ...caching.found.headers, "cf-ray": ray, "cf-cache-status": "HIT" });
      response.end(caching.found.body);
      return { cache: "HIT" };
    }
    const gone = new AbortController();
    // Only for clients that leave early: aborting costs more than the rest of a request's bookkeeping.
    response.on("close", () => {
      if (!response.writableFinished) gone.abort();
    });
    const reached = await reachOrigin(this.forwarder, decision.plan, exchange, gone.signal, false);
    const rules = decision.logged.length > 0 ? { logged: decision.logged.join(" ") } : {};
    const trace = {
      ...rules,
      origin: reached.address,
      ...("retries" in reached && reached.retries > 0 ? { retries: reached.retries } : {}),
    };
    if (reached.kind !== "answered") return { ...trace, ...this.refuse(exchange, response, reached, gone.signal.aborted) };
    const security = facts.encrypted ? transportSecurity(this.options.world.zones.setting(decision.zone, "security_header")) : {};
    const more = { ...security, "cf-cache-status": caching === undefined ? "DYNAMIC" : "MISS" };
    const origin = reached.response;
    const seen =
      caching === undefined
        ? undefined
        : this.cache.collect(caching.key, origin.statusCode ?? 0, clientHeaders(origin.rawHeaders, ray, more), Date.now());
    const end = await deliver(origin, response, exchange, more, seen);
    return end === "whole" ? trace : { ...trace, cut: true };
  }

  /** The page for an origin that could not be reached; nothing when the client has left. */
  private refuse(
    exchange: Exchange,
    response: ClientResponse,
    reached: Exclude<Reached, { kind: "answered" }>,
    clientGone: boolean,
  ): Record<string, string | boolean> {
    if (clientGone) return { clientGone: true };
    if (reached.kind === "upgraded") {
      reached.attempt.socket.destroy();
      sendPage(response, errorPage(520, 520, exchange.ray, "the origin changed protocols unasked"), exchange.ray);
      return { fault: "unasked upgrade" };
    }
    sendPage(response, errorPage(reached.code, reached.code, exchange.ray, reached.detail), exchange.ray);
    return { fault: reached.detail };
  }

  /** What the switches make of a request. */
  private async meet(exchange: Exchange): Promise<"drop" | Page | undefined> {
    const { facts, ray } = exchange;
    const hit = { host: facts.host.toLowerCase(), path: facts.path, client: facts.source };
    const slow = this.badDays.hit("slow", hit);
    if (slow !== undefined) await delay(slow.milliseconds);
    if (this.badDays.hit("drop", hit) !== undefined) return "drop";
    const outage = this.badDays.hit("outage", hit);
    if (outage !== undefined) return errorPage(outage.status, outage.status, ray);
    const wait = this.badDays.limited(hit);
    if (wait !== undefined) {
      const page = errorPage(429, 429, ray);
      return { ...page, headers: { ...page.headers, "retry-after": String(wait) } };
    }
    return this.badDays.hit("challenge", hit) === undefined ? undefined : challengePage(ray);
  }

  private caching(exchange: Exchange): { readonly key: string; readonly found: ReturnType<EdgeCache["find"]> } | undefined {
    const { facts } = exchange;
    const hit = { host: facts.host.toLowerCase(), path: facts.path, client: facts.source };
    const cache = facts.method === "GET" ? this.badDays.hit("cache", hit) : undefined;
    if (cache === undefined) return undefined;
    const key = `${hit.host}${exchange.target}`;
    return { key, found: this.cache.find(key, cache.seconds, Date.now()) };
  }

  private tellBug(error: unknown): void {
    process.stderr.write(`sandbox: the edge has a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }

  private isSelf(host: string): boolean {
    const { name, world } = this.options;
    return [name, world.edge.ipv4, `[${world.edge.ipv6}]`].includes(host.toLowerCase()) || /^127\./.test(host);
  }

  private note(exchange: Exchange, status: number, detail: Readonly<Record<string, string | number | boolean>>): void {
    const { facts, ray, startedAt } = exchange;
    const milliseconds = Math.round((performance.now() - startedAt) * 10) / 10;
    this.log.request({
      method: facts.method,
      path: facts.path,
      status,
      write: !isReadMethod(facts.method),
      host: facts.host,
      client: facts.source,
      ray,
      milliseconds,
      ...detail,
    });
  }
}

function pageOf(decision: Exclude<Decision, { kind: "forward" }>, ray: string): Page {
  switch (decision.kind) {
    case "redirect":
      return redirectPage(decision.location);
    case "challenge":
      return challengePage(ray);
    case "page":
      return errorPage(decision.status, decision.code, ray);
    case "block":
      if (decision.response === undefined) return errorPage(403, 1020, ray);
      return {
        status: decision.response.status_code,
        headers: { "content-type": decision.response.content_type },
        body: decision.response.content,
      };
  }
}
