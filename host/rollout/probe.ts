import { request as httpsRequest } from "node:https";

/** One HTTPS request as a client outside would send it. */
export interface ProbeRequest {
  /** Where to connect: an address, or a name to be resolved. */
  readonly address: string;
  readonly port: number;
  /** Host name of the route: for SNI, the certificate and the Host header. */
  readonly host: string;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly timeoutSeconds: number;
  /** `head`: status and headers are enough, and an answer that goes on for ever, as events do, is one like any other. */
  readonly until: "head" | "end";
  /** PEM of the authorities to trust; `undefined`: the certificate is not verified (only for our own ingress, over the loopback). */
  readonly authorities: string | undefined;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Empty where only the head was asked for. */
  readonly body: string;
}

export type Probe = (request: ProbeRequest) => Promise<ProbeAnswer>;

/** An answer longer than this says nothing more: 1 MiB. */
const maximumBodyBytes = 1024 * 1024;

/** Sends it on a connection of its own. Rejects with a sentence for people: refused, reset, not in time, certificate not trusted. */
export const probe: Probe = (wanted) =>
  new Promise((resolve, reject) => {
    const body = wanted.body === null ? undefined : Buffer.from(wanted.body);
    const request = httpsRequest(
      {
        host: wanted.address,
        port: wanted.port,
        servername: wanted.host,
        method: wanted.method,
        path: wanted.path,
        headers: { host: wanted.host, ...wanted.headers, ...(body === undefined ? {} : { "content-length": body.length }) },
        agent: false,
        rejectUnauthorized: wanted.authorities !== undefined,
        ...(wanted.authorities === undefined ? {} : { ca: wanted.authorities }),
        signal: AbortSignal.timeout(wanted.timeoutSeconds * 1000),
      },
      (response) => {
        const head = { status: response.statusCode ?? 0, headers: response.headers };
        if (wanted.until === "head") {
          response.destroy();
          resolve({ ...head, body: "" });
          return;
        }
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          if (length < maximumBodyBytes) chunks.push(chunk);
          length += chunk.length;
        });
        response.once("end", () => resolve({ ...head, body: Buffer.concat(chunks).toString("utf8") }));
        response.once("error", (error) => reject(readable(error, wanted)));
      },
    );
    request.once("error", (error) => reject(readable(error, wanted)));
    request.end(body);
  });

function readable(error: NodeJS.ErrnoException, { host, timeoutSeconds }: ProbeRequest): Error {
  const cause = error.name === "AbortError" || error.name === "TimeoutError" ? `no answer within ${timeoutSeconds} s` : error.message;
  return new Error(`https://${host}: ${cause}`, { cause: error });
}
