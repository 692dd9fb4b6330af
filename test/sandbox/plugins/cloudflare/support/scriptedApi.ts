import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came over the wire. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly retry: string | undefined;
}

/** One answer. A value without a status is a 200 with the value as the `result` of Cloudflare's envelope. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
}

export interface ScriptedApi {
  readonly baseUrl: string;
  /** Everything asked since the last `take`. */
  take(): readonly SeenRequest[];
  /** Adds answers; they are given in order. */
  script(...answers: readonly ScriptedAnswer[]): void;
  close(): Promise<void>;
}

/** A successful answer with a result. */
export const result = (value: unknown): ScriptedAnswer => ({
  status: 200,
  text: JSON.stringify({ success: true, errors: [], messages: [], result: value }),
});

/** A refusal in Cloudflare's envelope. */
export const refusal = (status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}): ScriptedAnswer => ({
  status,
  headers,
  text: JSON.stringify({ success: false, errors: [{ code, message }], messages: [], result: null }),
});

/** An HTTP server on loopback that answers what a test tells it to and remembers what it was asked. An unexpected request gets a 418, which is never retried. */
export async function startScriptedApi(): Promise<ScriptedApi> {
  const answers: ScriptedAnswer[] = [];
  let seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const { authorization, "content-type": contentType, "x-stainless-retry-count": retry } = request.headers;
      seen.push({
        method: request.method ?? "",
        path: request.url ?? "",
        body: text === "" ? undefined : JSON.parse(text),
        authorization,
        contentType,
        retry: typeof retry === "string" ? retry : undefined,
      });
      const answer = answers.shift() ?? {
        status: 418,
        text: JSON.stringify({ errors: [{ message: "the test expected no such request" }] }),
      };
      response.writeHead(answer.status, { "Content-Type": "application/json", ...answer.headers }).end(answer.text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4/`,
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    script: (...more) => void answers.push(...more),
    close: () => new Promise<void>((resolve, reject) => server.close((error) => (error === undefined ? resolve() : reject(error)))),
  };
}
