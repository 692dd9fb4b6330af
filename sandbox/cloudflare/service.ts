import { join } from "node:path";
import { z } from "zod";
import type { RunningService, TlsListener } from "../shared/service.ts";
import { answerApi, tooMany } from "./api.ts";
import { BadDay } from "./emulator/badDay.ts";
import { startJsonServer, type JsonReply } from "./emulator/jsonServer.ts";
import { openRequestLog } from "./emulator/requestLog.ts";
import { failure, failureReply } from "./envelope.ts";
import { CloudflareStore, type ZoneView } from "./store.ts";
import { TokenDesk, tokenScopes, type ApiToken, type RateLimit } from "./tokens.ts";

export interface CloudflareOptions {
  /** Where `/client/v4/` is served. */
  readonly listeners: readonly TlsListener[];
  /** Folder for the state (`cloudflare.json`, readable by its owner only). */
  readonly directory: string;
  /** Folder for the request log (`cloudflare.jsonl`). */
  readonly logs: string;
  /** 32 hexadecimal digits. */
  readonly accountId: string;
  /** The zones of the account; each is made when it is not there yet. Ids are 32 hexadecimal digits. */
  readonly zones: readonly { readonly id: string; readonly name: string }[];
  readonly tokens: readonly ApiToken[];
  /** Networks that the edge connects from, in CIDR notation: what `/ips` answers. */
  readonly ipRanges: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] };
  /** @default Cloudflare's 1,200 requests per token in 300 seconds */
  readonly rateLimit?: RateLimit;
  /** Milliseconds; tests bring their own clock. */
  readonly now?: () => number;
}

export interface CloudflareService extends RunningService {
  /** For DNS and edge: the zones as they are at each moment. */
  readonly zones: ZoneView;
  /** Ports really bound, in the order of the listeners. */
  readonly ports: readonly number[];
}

const page = `This is an emulator of Cloudflare's API, part of the Terrace sandbox. It is not Cloudflare and knows nobody there.
API: /client/v4/ (tokens, zones, zone settings, DNS records, custom firewall rules, authenticated origin pulls, ips).
Everything else is refused and logged.`;

/**
 * Starts the emulator of Cloudflare's API.
 *
 * Controls: `outage {status?}`, `drop`, `slow {milliseconds}`, `rateLimit {retryAfterSeconds?}` (each with `path?`, `method?`,
 * `remaining?`), `restore`, `show`, and `scopes {token, scopes?}`, which narrows what a token may do or, without `scopes`, ends that.
 */
export async function startCloudflare(options: CloudflareOptions): Promise<CloudflareService> {
  const log = openRequestLog(options.logs, "cloudflare");
  const store = await CloudflareStore.open(join(options.directory, "cloudflare.json"), options.zones);
  const desk = new TokenDesk(options.tokens, options.rateLimit ?? { requests: 1200, windowSeconds: 300 }, options.now ?? Date.now);
  const badDay = new BadDay();
  const context = { store, desk, accountId: options.accountId, ipRanges: options.ipRanges };
  const server = await startJsonServer({
    name: "cloudflare",
    listeners: options.listeners,
    log,
    badDay,
    page,
    handle: (request) => answerApi(context, request),
    fault: (fault): JsonReply => {
      switch (fault.kind) {
        case "rateLimit":
          return tooMany(fault.retryAfterSeconds);
        case "outage":
          return failureReply(failure(fault.status, 10001, "Service temporarily unavailable"));
        case "body":
          return failureReply(failure(400, 6007, "Malformed JSON in request body"));
        case "bug":
          return failureReply(failure(500, 99001, `The emulator failed: ${fault.reason}`));
      }
    },
  });
  const narrowing = z.strictObject({ token: z.string(), scopes: z.array(z.enum(tokenScopes)).optional() });
  return {
    zones: store,
    ports: server.ports,
    controls: {
      ...badDay.controls,
      scopes: (argument) => {
        const { token, scopes } = narrowing.parse(argument);
        desk.narrow(token, scopes);
        return Promise.resolve({ token, scopes: scopes ?? "as given" });
      },
    },
    close: async () => {
      await server.close();
      log.close();
    },
  };
}
