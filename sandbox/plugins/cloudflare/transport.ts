import type { IncomingMessage } from "node:http";

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** False only where the program asks for `insecureSkipVerify`. */
  readonly verifyCertificate?: boolean;
  readonly signal?: AbortSignal;
}

/** An answer of any status. */
export interface WireAnswer {
  readonly status: number;
  /** The reason as the server sent it, else the usual one: `Not Found`. */
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * No answer came. The message is worded as Go's net/http words it, because the official plugins are Go programs and people and programs
 * tell an unreachable host from a refused certificate by these words.
 */
export class TransportError extends Error {
  constructor(request: WireRequest, detail: string) {
    const method = `${request.method.slice(0, 1).toUpperCase()}${request.method.slice(1).toLowerCase()}`;
    super(`${method} "${withoutPassword(request.url)}": ${detail}`);
    this.name = "TransportError";
  }
}

/**
 * Sends one request over a connection of its own and reads the answer to its end. Follows no redirects and tries nothing twice.
 *
 * The modules are loaded at the first request: most runs of a plugin are previews, which send none.
 *
 * @throws TransportError when no answer came; the signal's reason when the run was cancelled
 */
export async function send(request: WireRequest): Promise<WireAnswer> {
  const { STATUS_CODES } = await import("node:http");
  const secure = request.url.protocol === "https:";
  const library = secure ? await import("node:https") : await import("node:http");
  const options = {
    method: request.method,
    headers: { ...request.headers, ...(request.body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(request.body)) }) },
    agent: false as const,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(secure ? { rejectUnauthorized: request.verifyCertificate ?? true } : {}),
  };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      library.request(request.url, options, resolve).on("error", reject).end(request.body);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const status = response.statusCode ?? 0;
    return {
      status,
      statusText: response.statusMessage || (STATUS_CODES[status] ?? ""),
      headers: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
      ),
      body: Buffer.concat(chunks),
    };
  } catch (error) {
    request.signal?.throwIfAborted();
    throw new TransportError(request, wording(error, request.url));
  }
}

function withoutPassword(url: URL): string {
  if (url.password === "") return url.href;
  const shown = new URL(url);
  shown.password = "xxxxx";
  return shown.href;
}

const certificateFaults: Readonly<Record<string, string>> = {
  // Another authority of the same name, such as the one before it was made anew.
  CERT_SIGNATURE_FAILURE: "certificate signed by unknown authority",
  CERT_HAS_EXPIRED: "certificate has expired or is not yet valid",
  CERT_NOT_YET_VALID: "certificate has expired or is not yet valid",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate signed by unknown authority",
  SELF_SIGNED_CERT_IN_CHAIN: "certificate signed by unknown authority",
  UNABLE_TO_GET_ISSUER_CERT: "certificate signed by unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate signed by unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate signed by unknown authority",
};

const connectFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
};

function wording(error: unknown, url: URL): string {
  const cause = error instanceof AggregateError ? (error.errors.at(-1) as unknown) : error;
  if (!(cause instanceof Error)) return String(cause);
  const { code = "", address, port } = cause as Error & { code?: string; address?: string; port?: number };
  const certificate = certificateFaults[code];
  if (certificate !== undefined) return `tls: failed to verify certificate: x509: ${certificate}`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return `tls: failed to verify certificate: x509: certificate is not valid for ${url.hostname}`;
  const connect = connectFaults[code];
  if (connect !== undefined) return `dial tcp ${address === undefined ? url.host : hostAndPort(address, port)}: connect: ${connect}`;
  if (code === "ENOTFOUND") return `dial tcp: lookup ${url.hostname}: no such host`;
  if (code === "EAI_AGAIN") return `dial tcp: lookup ${url.hostname}: server misbehaving`;
  if (code === "ECONNRESET" && cause.message === "socket hang up") return "EOF";
  if (code === "ECONNRESET") return "read: connection reset by peer";
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) {
    return cause.message.includes("wrong version number")
      ? "http: server gave HTTP response to HTTPS client"
      : `remote error: tls: ${cause.message.trim()}`;
  }
  return cause.message;
}

function hostAndPort(address: string, port: number | undefined): string {
  return `${address.includes(":") ? `[${address}]` : address}${port === undefined ? "" : `:${port}`}`;
}
