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
  /** For an answer that may stay away for as long as it likes: events, and the end of a container that has its grace. */
  readonly isPatient?: true;
  /** What it means when nothing comes; `docker_unreachable` otherwise. */
  readonly whenSilent?: (seconds: number) => Failure;
}

/** An answer as it comes in. Reading it throws `Failure (docker_unreachable)` when the daemon goes away in between. */
export interface Answer {
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): void;
}

export interface Transport {
  /** The answer as a stream, for logs, events and pull progress. Throws `DockerError` for an error status. */
  stream(call: DockerCall): Promise<Answer>;
  /** The whole body. */
  bytes(call: DockerCall): Promise<Buffer>;
  /** The body as JSON, checked against a schema: Docker's answers are input like any other. */
  json<Schema extends z.ZodType>(schema: Schema, call: DockerCall): Promise<z.output<Schema>>;
}

/**
 * Speaks HTTP to the daemon on its unix socket. Throws `Failure (docker_unreachable)` when nobody listens there, when the daemon goes away in
 * the middle of an answer, and when nothing comes for `silenceSeconds`: a daemon can hang on one container, and whoever waits holds a lease.
 */
export function transport(socketPath: string, silenceSeconds: number): Transport {
  const stream = async (call: DockerCall): Promise<Answer> => {
    const response = await send(socketPath, call, silenceSeconds);
    const answer = { chunks: chunksOf(socketPath, response), close: () => void response.destroy() };
    const status = response.statusCode ?? 0;
    if ((status >= 200 && status < 300) || status === 304) return answer;
    throw new DockerError(status, errorMessage(await collect(answer)));
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

function send(socketPath: string, call: DockerCall, silenceSeconds: number): Promise<IncomingMessage> {
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
        ...(call.isPatient === true ? {} : { timeout: silenceSeconds * 1000 }),
      },
      (response) => {
        answering = response;
        resolve(response);
      },
    );
    let answering: IncomingMessage | undefined;
    const silent = (): void => {
      const what = `Docker said nothing to ${call.method} ${call.path} for ${silenceSeconds} s`;
      const failure = call.whenSilent?.(silenceSeconds) ?? new Failure("aborted", "docker_unreachable", what);
      (answering ?? request).destroy(failure);
    };
    // A patient one does not listen: Node's own agent gives each socket a time-out of five seconds, and a stream of events is often silent.
    if (call.isPatient !== true) request.once("timeout", silent);
    request.once("error", (error: NodeJS.ErrnoException) => reject(connectionError(socketPath, error)));
    request.end(body);
  });
}

function connectionError(socketPath: string, error: NodeJS.ErrnoException): Error {
  const absent = ["ENOENT", "ECONNREFUSED", "EACCES", "ECONNRESET", "EPIPE"];
  if (error.code === undefined || !absent.includes(error.code)) return error;
  return new Failure("aborted", "docker_unreachable", `Docker does not answer on ${socketPath} (${error.code})`, { cause: error });
}

async function* chunksOf(socketPath: string, response: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    throw connectionError(socketPath, error as NodeJS.ErrnoException);
  }
}

async function collect({ chunks }: Answer): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
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
