import { request as httpRequest, type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";

export interface Ask {
  readonly port: number;
  /** Address to connect to. */
  readonly address?: string;
  /** Host header and SNI. */
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** PEM of the authority; without it the request is plain HTTP. */
  readonly ca?: string;
  readonly agent?: Agent;
  readonly tls?: Readonly<Record<string, unknown>>;
}

export interface Heard {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One HTTP request without retries, redirects or surprises; rejects when the connection fails. */
export function ask(options: Ask): Promise<Heard> {
  const { host = "localhost", ca } = options;
  const common = {
    host: options.address ?? "127.0.0.1",
    port: options.port,
    method: options.method ?? "GET",
    path: options.path ?? "/",
    headers: { host, ...options.headers },
    agent: options.agent ?? false,
  };
  return new Promise((resolve, reject) => {
    const request = ca === undefined ? httpRequest(common) : httpsRequest({ ...common, ca, servername: host, ...options.tls });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    request.end(options.body);
  });
}
