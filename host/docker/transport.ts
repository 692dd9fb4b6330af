import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { Failure } from "../ending.ts";

/** Docker 26 (Debian 13) speaks up to 1.45, Docker 29 no longer less than 1.44. Health checks' `start_interval` came with 1.44. */
const apiVersion = "v1.44";

/** An answer of the daemon other than 2xx or 304. `message` is Docker's own. */
export class DockerError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "DockerError";
    this.status = status;
  }
}

export interface DockerCall {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the API version: `/containers/json`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Transport {
  /** The answer as a stream, for logs, events and pull progress. Throws `DockerError` for an error status. */
  stream(call: DockerCall): Promise<IncomingMessage>;
  /** The whole body. */
  bytes(call: DockerCall): Promise<Buffer>;
  /** The body as JSON, checked against a schema: Docker's answers are input like any other. */
  json<Schema extends z.ZodType>(schema: Schema, call: DockerCall): Promise<z.output<Schema>>;
}

/** Speaks HTTP to the daemon on its unix socket. Throws `Failure (docker_unreachable)` when nobody listens there. */
export function transport(socketPath: string): Transport {
  const stream = async (call: DockerCall): Promise<IncomingMessage> => {
    const response = await send(socketPath, call);
    const status = response.statusCode ?? 0;
    if ((status >= 200 && status < 300) || status === 304) return response;
    throw new DockerError(status, errorMessage(await collect(response)));
  };
  const bytes = async (call: DockerCall): Promise<Buffer> => collect(await stream(call));
  return {
    stream,
    bytes,
    json: async (schema, call) => {
      const parsed = schema.safeParse(JSON.parse((await bytes(call)).toString("utf8")));
      if (parsed.success) return parsed.data;
      const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
      throw new Error(`Docker's answer to ${call.method} ${call.path} has another form than expected: ${faults}`);
    },
  };
}

function send(socketPath: string, call: DockerCall): Promise<IncomingMessage> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, value);
  const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        socketPath,
        method: call.method,
        path: `/${apiVersion}${call.path}${query.size > 0 ? `?${query.toString()}` : ""}`,
        headers: {
          host: "docker",
          ...(body === undefined ? {} : { "content-type": "application/json", "content-length": body.length }),
          ...call.headers,
        },
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      },
      resolve,
    );
    request.once("error", (error: NodeJS.ErrnoException) => reject(connectionError(socketPath, error)));
    request.end(body);
  });
}

function connectionError(socketPath: string, error: NodeJS.ErrnoException): Error {
  const absent = ["ENOENT", "ECONNREFUSED", "EACCES", "ECONNRESET", "EPIPE"];
  if (error.code === undefined || !absent.includes(error.code)) return error;
  return new Failure("aborted", "docker_unreachable", `Docker does not answer on ${socketPath} (${error.code})`, { cause: error });
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function errorMessage(body: Buffer): string {
  const text = body.toString("utf8").trim();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string") return parsed.message;
  } catch {
    // Not JSON: an intermediary's or an old daemon's plain text.
  }
  return text === "" ? "no message" : text;
}
