import { Agent, request as httpsRequest } from "node:https";
import type { RequestOptions } from "node:https";

/**
 * One class of connection. They fail in different ways, so they are counted apart: a new connection sees a listener that is gone, a kept
 * one sees a close between two requests, a POST must not be repeated by anybody on the way.
 */
export interface LoadClass {
  readonly name: string;
  readonly method: "GET" | "POST";
  /** Reuse connections, as browsers and proxies do, or open one for each request. */
  readonly keepAlive: boolean;
  readonly path: string;
  readonly body?: string;
}

export interface LoadOptions {
  /** Where to connect: an address of this machine. Names are never looked up. */
  readonly address: string;
  readonly port: number;
  /** Server name for TLS and the Host header. */
  readonly host: string;
  /** CA certificate (PEM) that must have signed the server's. */
  readonly authority: string;
  /** Requests per second in all, shared by the classes in turn. */
  readonly ratePerSecond: number;
  /** Most requests to send, whatever happens. */
  readonly maximumRequests: number;
  /** A request without an answer by then has failed. */
  readonly timeoutMilliseconds: number;
  readonly classes: readonly LoadClass[];
}

export interface Sample {
  readonly class: string;
  /** Milliseconds since the load began, when the request was due. */
  readonly at: number;
  readonly milliseconds: number;
  /** Absent when it failed before a status came. */
  readonly status?: number;
  readonly failure?: string;
  /** What the release header said. */
  readonly release?: string;
}

/** Responses name the release that answered in this header, set by the app or by the ingress. */
export const releaseHeader = "terrace-release";

/**
 * Sends requests at a constant rate whether or not earlier ones were answered. A closed loop would stop with the server and hide the outage
 * ("coordinated omission"); here a stall shows as that many slow or failed requests. Never retries.
 *
 * Ends when `signal` aborts or the maximum is reached, after every request was answered or timed out.
 */
export async function openLoop(options: LoadOptions, signal: AbortSignal): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const agents = options.classes.map(({ keepAlive }) => new Agent({ keepAlive, maxSockets: Infinity, ca: options.authority }));
  const pending = new Set<Promise<void>>();
  const started = performance.now();
  const interval = 1000 / options.ratePerSecond;

  await new Promise<void>((finished) => {
    let sent = 0;
    const tick = (): void => {
      if (signal.aborted || sent >= options.maximumRequests) {
        finished();
        return;
      }
      // Everything that is due by now: a timer that fires late must not lower the rate.
      const due = Math.min(options.maximumRequests, Math.floor((performance.now() - started) / interval) + 1);
      for (; sent < due; sent += 1) {
        const index = sent % options.classes.length;
        const answer = send(options, options.classes[index] as LoadClass, agents[index] as Agent, sent * interval, started).then(
          (sample) => {
            samples.push(sample);
            pending.delete(answer);
          },
        );
        pending.add(answer);
      }
      setTimeout(tick, Math.max(0, started + sent * interval - performance.now()));
    };
    tick();
  });
  await Promise.all(pending);
  for (const agent of agents) agent.destroy();
  return samples.sort((a, b) => a.at - b.at);
}

function send(options: LoadOptions, load: LoadClass, agent: Agent, at: number, started: number): Promise<Sample> {
  const request: RequestOptions = {
    agent,
    host: options.address,
    port: options.port,
    servername: options.host,
    method: load.method,
    path: load.path,
    headers: {
      host: options.host,
      ...(load.body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(load.body) }),
    },
    timeout: options.timeoutMilliseconds,
  };
  return new Promise((resolve) => {
    // From when it was due: waiting for a turn is waiting, too.
    const milliseconds = (): number => performance.now() - started - at;
    const failed = (failure: string): void => resolve({ class: load.name, at, milliseconds: milliseconds(), failure });
    const outgoing = httpsRequest(request, (incoming) => {
      const release = incoming.headers[releaseHeader];
      incoming.on("error", (error) => failed(`answer broke off: ${error.message}`));
      incoming.on("end", () => {
        const status = incoming.statusCode ?? 0;
        const sample = { class: load.name, at, milliseconds: milliseconds(), status, ...(typeof release === "string" ? { release } : {}) };
        resolve(status >= 200 && status < 400 ? sample : { ...sample, failure: `status ${status}` });
      });
      incoming.resume();
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer in ${options.timeoutMilliseconds} ms`)));
    outgoing.on("error", (error) => failed("code" in error ? String(error.code) : error.message));
    outgoing.end(load.body);
  });
}
