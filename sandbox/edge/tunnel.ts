import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Attempt } from "./attempt.ts";
import { clientHeaders, edgeHeaders } from "./headers.ts";
import type { Page } from "./pages.ts";

/** Joins client and origin after both agreed to speak another protocol. Resolves when either side has ended. */
export function joinTunnel(client: Duplex, head: Buffer, upgraded: Extract<Attempt, { kind: "upgraded" }>, ray: string): Promise<void> {
  const { response, socket: origin } = upgraded;
  const headers = {
    ...clientHeaders(response.rawHeaders, ray, {}),
    connection: "Upgrade",
    upgrade: response.headers.upgrade ?? "websocket",
  };
  client.write(statusLine(101, "Switching Protocols") + headerLines(headers));
  if (upgraded.head.length > 0) client.write(upgraded.head);
  if (head.length > 0) origin.write(head);
  client.pipe(origin);
  origin.pipe(client);
  return new Promise((resolve) => {
    const end = (): void => {
      client.destroy();
      origin.destroy();
      resolve();
    };
    for (const side of [client, origin]) side.on("error", end).on("close", end);
  });
}

/** Answers a request to upgrade with an ordinary response of the origin's, and ends the connection after it. */
export function refuseTunnel(client: Duplex, response: IncomingMessage, ray: string): Promise<void> {
  const headers = { ...clientHeaders(response.rawHeaders, ray, {}), connection: "close" };
  client.write(statusLine(response.statusCode ?? 502, response.statusMessage ?? "") + headerLines(headers));
  response.pipe(client);
  return new Promise((resolve) => {
    client.on("error", () => client.destroy()).on("close", resolve);
    response.on("error", () => client.destroy());
  });
}

/** Answers a request to upgrade with a page of the edge's own. */
export function pageTunnel(client: Duplex, page: Page, ray: string): void {
  const headers = { ...page.headers, ...edgeHeaders(ray), "content-length": String(Buffer.byteLength(page.body)), connection: "close" };
  client.end(statusLine(page.status, "") + headerLines(headers) + page.body);
}

function statusLine(status: number, message: string): string {
  return `HTTP/1.1 ${status} ${message}\r\n`;
}

function headerLines(headers: Readonly<Record<string, string | string[]>>): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => `${name}: ${each}\r\n`),
  );
  return `${lines.join("")}\r\n`;
}
