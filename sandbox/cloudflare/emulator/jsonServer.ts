import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TlsListener } from "../../shared/service.ts";
import type { BadDay, BadDayVerdict } from "./badDay.ts";
import { isReadMethod, type RequestLog } from "./requestLog.ts";

/** Bodies of the emulated APIs are small; more is a mistake worth hearing about. */
const bodyLimitBytes = 2 * 1024 * 1024;

export interface JsonRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; `undefined` for an empty body. */
  readonly body: unknown;
  readonly client: string;
}

export interface JsonReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether this was a request for a change; by default every method that does not read. */
  readonly write?: boolean;
  /** Set when the emulator does not know what was asked: logged, and said on stderr. */
  readonly refused?: string;
  readonly note?: string;
}

export interface JsonServerOptions {
  /** Short name: of the log, of the header that says this is an emulator. */
  readonly name: string;
  readonly listeners: readonly TlsListener[];
  readonly log: RequestLog;
  readonly badDay: BadDay;
  /** What `/` says: what this stands for and that it is not it. */
  readonly page: string;
  handle(request: JsonRequest): Promise<JsonReply> | JsonReply;
  /** An error in the service's own form, for faults that no handler sees: bad days, an unreadable body, a bug. */
  fault(fault: Exclude<BadDayVerdict, { kind: "drop" }> | { readonly kind: "body" | "bug"; readonly reason: string }): JsonReply;
}

export interface JsonServer {
  /** The ports really bound, in the order of the listeners (a test asks for port 0). */
  readonly ports: readonly number[];
  close(): Promise<void>;
}

/** Serves one emulated JSON API over TLS on every listener given. Fails when one of them cannot be bound. */
export async function startJsonServer(options: JsonServerOptions): Promise<JsonServer> {
  const servers: Server[] = [];
  try {
    for (const listener of options.listeners) {
      const server = createServer({ cert: listener.certificate, key: listener.privateKey }, (request, response) => {
        // All services share a process: what escapes here would end them all.
        answer(options, request, response).catch((error: unknown) => {
          process.stderr.write(`sandbox: the ${options.name} emulator could not answer: ${String(error)}\n`);
          response.destroy();
        });
      });
      // Longer than any client keeps an idle connection, so that the race at the end of one is never ours.
      server.keepAliveTimeout = 75_000;
      server.listen(listener.port, listener.host);
      servers.push(server);
      await once(server, "listening");
    }
  } catch (error) {
    await Promise.all(servers.map(closeServer));
    throw error;
  }
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    close: async () => {
      await Promise.all(servers.map(closeServer));
    },
  };
}

async function answer(options: JsonServerOptions, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = message.method ?? "GET";
  const [path = "/", search = ""] = (message.url ?? "/").split("?", 2);
  let reply: JsonReply;
  try {
    const verdict = await options.badDay.meet({ method, path });
    if (verdict?.kind === "drop") {
      options.log.request({ method, path, status: 0, write: false, switch: "drop" });
      message.socket.destroy();
      return;
    }
    if (verdict !== undefined) reply = { write: false, note: `switch: ${verdict.kind}`, ...options.fault(verdict) };
    else if (path === "/" && isReadMethod(method)) {
      servePage(options, method, response);
      return;
    } else reply = await reach(options, message, method, path, search);
  } catch (error) {
    if (message.destroyed && !message.complete) {
      options.log.request({ method, path, status: 0, write: false, note: "the client went away" });
      return;
    }
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`sandbox: the ${options.name} emulator has a bug: ${reason}\n`);
    reply = options.fault({ kind: "bug", reason: error instanceof Error ? error.message : String(error) });
  }
  send(options, method, path, reply, response);
}

async function reach(
  options: JsonServerOptions,
  message: IncomingMessage,
  method: string,
  path: string,
  search: string,
): Promise<JsonReply> {
  const body = await readBody(message);
  if (body.kind === "unreadable") return { refused: body.reason, ...options.fault({ kind: "body", reason: body.reason }) };
  const client = message.socket.remoteAddress ?? "unknown";
  return options.handle({ method, path, query: new URLSearchParams(search), headers: message.headers, body: body.value, client });
}

function send(options: JsonServerOptions, method: string, path: string, reply: JsonReply, response: ServerResponse): void {
  const text = reply.body === undefined ? "" : JSON.stringify(reply.body);
  options.log.request({
    method,
    path,
    status: reply.status,
    write: reply.write ?? !isReadMethod(method),
    ...(reply.refused === undefined ? {} : { refused: reply.refused }),
    ...(reply.note === undefined ? {} : { note: reply.note }),
  });
  response.writeHead(reply.status, {
    ...(text === "" ? {} : { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text) }),
    "x-terrace-emulator": options.name,
    ...reply.headers,
  });
  response.end(method === "HEAD" ? undefined : text);
}

function servePage(options: JsonServerOptions, method: string, response: ServerResponse): void {
  const text = `${options.page}\n`;
  options.log.request({ method, path: "/", status: 200, write: false });
  response.writeHead(200, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "x-terrace-emulator": options.name,
  });
  response.end(method === "HEAD" ? undefined : text);
}

type Body = { readonly kind: "read"; readonly value: unknown } | { readonly kind: "unreadable"; readonly reason: string };

async function readBody(message: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read on to the end: answering while the client still sends would reset its connection.
    if (size <= bodyLimitBytes) chunks.push(chunk);
  }
  if (size > bodyLimitBytes) return { kind: "unreadable", reason: `a body of ${size} bytes, more than ${bodyLimitBytes}` };
  if (size === 0) return { kind: "read", value: undefined };
  const type = message.headers["content-type"] ?? "";
  if (!type.toLowerCase().startsWith("application/json"))
    return { kind: "unreadable", reason: `content-type "${type}", expected application/json` };
  try {
    return { kind: "read", value: JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown };
  } catch {
    return { kind: "unreadable", reason: "a body that is not JSON" };
  }
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
