import type { JsonReply, JsonRequest } from "./emulator/jsonServer.ts";
import { isReadMethod } from "./emulator/requestLog.ts";
import { pageOf, type Call } from "./call.ts";
import { ApiFailure, failure, failureReply, succeed, unknownHere } from "./envelope.ts";
import { findRoute } from "./routes.ts";
import type { Zone } from "./state.ts";
import type { CloudflareStore } from "./store.ts";
import { tokenId, type ApiToken, type TokenDesk } from "./tokens.ts";

const base = "/client/v4/";
const identifier = /^[0-9a-f]{32}$/;

/** What every call needs. */
export interface ApiContext {
  readonly store: CloudflareStore;
  readonly desk: TokenDesk;
  readonly accountId: string;
  /** What `/ips` answers: where the edge's connections to an origin come from. */
  readonly ipRanges: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] };
}

/** Answers one request in Cloudflare's envelope. */
export async function answerApi(context: ApiContext, request: JsonRequest): Promise<JsonReply> {
  try {
    return await route(context, request);
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    const reply = failureReply(error);
    // 401 and 403 changed nothing and were not meant for us: they are no writes.
    return error.status === 429 || error.status === 401 || error.status === 403 ? { ...reply, write: false } : reply;
  }
}

async function route(context: ApiContext, request: JsonRequest): Promise<JsonReply> {
  if (!request.path.startsWith(base)) throw new ApiFailure(404, [{ code: 7000, message: "No route for that URI" }], true);
  const path = request.path.slice(base.length).replace(/\/$/, "");
  if (path === "ips" && request.method === "GET") return listAddresses(context, request);
  const verifying = path === "user/tokens/verify";
  const token = context.desk.authenticate(request.headers, verifying);
  const waitSeconds = context.desk.count(token);
  if (waitSeconds !== undefined) return tooMany(waitSeconds);
  if (verifying && request.method === "GET") {
    const messages = [{ code: 10000, message: "This API Token is valid and active", type: null }];
    return succeed({ id: tokenId(token), status: "active" }, { messages });
  }
  if (path === "zones" && request.method === "GET") return listZones(context, request, token);
  const [, zoneId, below] = /^zones\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
  if (zoneId === undefined) throw new ApiFailure(404, [{ code: 7000, message: "No route for that URI" }], true);
  return zoneCall(context, request, token, zoneId, below);
}

async function zoneCall(
  context: ApiContext,
  request: JsonRequest,
  token: ApiToken,
  zoneId: string,
  below: string | undefined,
): Promise<JsonReply> {
  if (!identifier.test(zoneId)) {
    throw new ApiFailure(404, [{ code: 7003, message: `Could not route to ${request.path}, perhaps your object identifier is invalid?` }]);
  }
  const zone = context.store.zone(zoneId);
  if (below === undefined) {
    if (request.method !== "GET") throw unknownHere(`${request.method} of a zone`);
    if (zone === undefined || !token.scopes.includes("zone:read")) throw failure(403, 9109, "Unauthorized to access requested resource");
    checkQuery(request, []);
    return succeed(describeZone(context, zone));
  }
  const { route: found, params, known } = findRoute(request.method, below);
  if (found === undefined) {
    if (known) throw new ApiFailure(405, [{ code: 7001, message: `Method ${request.method} not available for that URI.` }], true);
    throw new ApiFailure(404, [{ code: 7000, message: "No route for that URI" }], true);
  }
  if (zone === undefined || !token.scopes.includes(found.scope)) throw failure(403, 10000, "Authentication error");
  checkQuery(request, found.query ?? []);
  if (isReadMethod(request.method) && request.body !== undefined) throw unknownHere(`a body with ${request.method}`);
  const call: Call = { store: context.store, zone, params, query: request.query, body: request.body, method: request.method };
  return { ...(await found.handle(call)) };
}

function listZones(context: ApiContext, request: JsonRequest, token: ApiToken): JsonReply {
  checkQuery(request, ["name", "status", "account.id", "account.name", "match", "order", "direction", "page", "per_page"]);
  if (!token.scopes.includes("zone:read")) throw failure(403, 9109, "Unauthorized to access requested resource");
  const { query } = request;
  const tests: ((zone: Zone) => boolean)[] = [];
  const name = query.get("name");
  const status = query.get("status");
  const account = query.get("account.id");
  if (name?.includes(":") === true) throw unknownHere("operators in the name filter");
  if (query.has("account.name")) throw unknownHere("the filter account.name");
  if (name !== null) tests.push((zone) => zone.name === name.toLowerCase());
  if (status !== null) tests.push(() => status === "active");
  if (account !== null) tests.push(() => account === context.accountId);
  const any = query.get("match") === "any" && tests.length > 0;
  const zones = context.store.zones.filter((zone) => (any ? tests.some((test) => test(zone)) : tests.every((test) => test(zone))));
  return pageOf(
    request,
    zones.map((zone) => describeZone(context, zone)),
    { perPage: 20, limit: 50 },
  );
}

function describeZone(context: ApiContext, zone: Zone): unknown {
  return {
    id: zone.id,
    name: zone.name,
    status: "active",
    paused: false,
    type: "full",
    development_mode: 0,
    name_servers: ["ada.ns.terrace.test", "kip.ns.terrace.test"],
    original_name_servers: null,
    original_registrar: null,
    original_dnshost: null,
    created_on: zone.createdOn,
    modified_on: zone.modifiedOn,
    activated_on: zone.createdOn,
    meta: { step: 2, custom_certificate_quota: 0, page_rule_quota: 3, phishing_detected: false },
    owner: { id: null, type: "user", email: null },
    account: { id: context.accountId, name: "Terrace sandbox" },
    permissions: [],
    plan: { id: "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", name: "Free Website", price: 0, currency: "USD", frequency: "", legacy_id: "free" },
  };
}

function listAddresses(context: ApiContext, request: JsonRequest): JsonReply {
  checkQuery(request, []);
  const { ipv4, ipv6 } = context.ipRanges;
  return succeed({ ipv4_cidrs: ipv4, ipv6_cidrs: ipv6, etag: "38f79d050aa027e3be3865e495dcc9bc" });
}

function checkQuery(request: JsonRequest, known: readonly string[]): void {
  const unknown = [...request.query.keys()].filter((key) => !known.includes(key));
  if (unknown.length > 0) throw unknownHere(`query parameter ${unknown.join(", ")}`);
}

/** Cloudflare's answer to a token that asks too often. */
export function tooMany(retryAfterSeconds: number): JsonReply {
  const message = "More than 1200 requests per 300 seconds reached. Please wait and consider throttling your request speed";
  return { ...failureReply(failure(429, 971, message)), headers: { "retry-after": String(retryAfterSeconds) }, write: false };
}
