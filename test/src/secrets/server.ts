import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server answers to a request; `undefined`: nothing, ever. */
export type Answer = { readonly status: number; readonly body: unknown } | undefined;
export type Handler = (request: {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}) => Answer;

export interface TestServer {
  readonly url: string;
  /** `METHOD /path` of every request, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** A real HTTP server on the machine itself that behaves as a test wants: for the bad days that an emulator of the good ones does not have. */
export async function startServer(handler: Handler): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => void answer(request, response, handler, requests));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, handler: Handler, requests: string[]): Promise<void> {
  const url = new URL(request.url ?? "/", "http://server");
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const method = request.method ?? "GET";
  requests.push(`${method} ${url.pathname}`);
  const reply = handler({ method, path: url.pathname, query: url.searchParams, body: text === "" ? undefined : JSON.parse(text) });
  if (reply === undefined) return;
  response.writeHead(reply.status, { "content-type": "application/json" });
  response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
}

export const credentials = { clientId: "client", clientSecret: "s3cret-of-the-client", projectId: "project-1" };

/** A well-behaved store; `over` answers first, and what it leaves is answered as Infisical would. */
export function goodDay(over: Handler = () => ({ status: 0, body: null }), folders: Readonly<Record<string, unknown>> = {}): Handler {
  return (request) => {
    const reply = over(request);
    if (reply === undefined || reply.status !== 0) return reply;
    if (request.path === "/api/status") return { status: 200, body: { message: "Ok" } };
    if (request.path === "/api/v1/auth/universal-auth/login")
      return { status: 200, body: { accessToken: "token", expiresIn: 7200, accessTokenMaxTTL: 7200, tokenType: "Bearer" } };
    const folder = request.query.get("secretPath") ?? "/";
    if (request.method === "GET" && request.path === "/api/v3/secrets/raw")
      return { status: 200, body: folders[folder] ?? { secrets: [], imports: [] } };
    return { status: 404, body: { statusCode: 404, message: `Route ${request.method}:${request.path} not found`, error: "NotFound" } };
  };
}

/** Answers one path, and leaves the rest. */
export function only(path: string, reply: Answer): Handler {
  return (request) => (request.path === path ? reply : { status: 0, body: null });
}

/** The secrets of a listing. */
export function listing(values: Readonly<Record<string, string>>, imports: readonly Readonly<Record<string, string>>[] = []): unknown {
  const secrets = (from: Readonly<Record<string, string>>): unknown[] =>
    Object.entries(from).map(([secretKey, secretValue]) => ({
      id: secretKey,
      secretKey,
      secretValue,
      secretValueHidden: false,
      type: "shared",
    }));
  return {
    secrets: secrets(values),
    imports: imports.map((from, index) => ({ secretPath: `/import-${index}`, environment: "staging", secrets: secrets(from) })),
  };
}
