import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { openDatabase } from "./database.ts";
import { openEvents } from "./events.ts";
import { HttpError, sendJson } from "./http.ts";
import { answer, type App } from "./routes.ts";
import type { Settings } from "./settings.ts";
import { openSockets } from "./sockets.ts";
import { openStore } from "./store.ts";
import type { Version } from "./version.ts";

export interface RunningApi {
  readonly port: number;
  /** Takes leave of clients without failing a request, then closes everything. */
  stop(): Promise<void>;
}

/** Starts the API. Rejects when the port is taken. */
export async function startApi(settings: Settings, version: Version): Promise<RunningApi> {
  let stopping = false;
  const hello = { version: version.version, release: settings.release ?? null };
  const events = openEvents(hello);
  const sockets = openSockets(hello);
  const app: App = {
    settings,
    version,
    events,
    database: openDatabase(settings.postgres),
    store: openStore(settings),
    stopping: () => stopping,
  };
  const underway = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    underway.add(response);
    response.once("close", () => {
      underway.delete(response);
      // Its head was sent before the end was known, so the client believes that the connection stays.
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    if (stopping) lastOnConnection(response);
    respond(request, response, app).catch((error: unknown) => {
      log("error", { path: request.url, error: String(error) });
      response.destroy();
    });
  });
  // Longer than proxies keep idle connections: the side that sends must be the one that closes, or a request meets a closed connection.
  server.keepAliveTimeout = 120_000;
  server.on("upgrade", (request, socket, head) => sockets.upgrade(request, socket, head));
  await listen(server, settings.port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      stopping = true;
      for (const response of underway) lastOnConnection(response);
      events.close();
      const socketsClosed = sockets.close();
      await wait(settings.lingerSeconds * 1000);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const outOfTime = wait(settings.drainSeconds * 1000, undefined, { ref: false }).then(() => {
        log("drain time is over, closing what is left", { seconds: settings.drainSeconds });
        server.closeAllConnections();
      });
      await Promise.race([Promise.all([closed, socketsClosed]), outOfTime]);
      await Promise.allSettled([app.database.close(), app.store.close()]);
    },
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, app: App): Promise<void> {
  const url = new URL(request.url ?? "/", "http://api");
  try {
    await answer({ request, response, url }, app);
  } catch (error) {
    if (!(error instanceof HttpError)) log("error", { method: request.method, path: url.pathname, error: String(error) });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // What is left of the request is not read any more, so the connection cannot carry another one.
    if (!request.complete) response.shouldKeepAlive = false;
    sendJson(response, error instanceof HttpError ? error.status : 500, { error: error instanceof Error ? error.message : String(error) });
  }
}

/** Tells a proxy that keeps connections open to take another one next time. */
function lastOnConnection(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, resolve);
  });
}

/** One JSON line per event on standard output. Requests are not logged: the proxy in front does that. */
export function log(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...fields })}\n`);
}
