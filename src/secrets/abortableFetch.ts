import { AsyncLocalStorage } from "node:async_hooks";

/**
 * The Infisical SDK takes neither a signal nor a time-out, and tries a dead server five times for ten seconds each. So what it requests gets
 * a signal of ours, by way of the one thing that it looks up at each call: the global `fetch`. Other callers' requests pass untouched.
 *
 * What begins after the abort is answered with a status that the SDK does not retry. Otherwise the process would stay alive for a minute
 * after the error was told.
 */
export interface FetchWatch {
  readonly signal: AbortSignal;
  /** The last network error: the SDK drops its cause. */
  failure?: unknown;
  /** Status of the last answer, unless something was asked after it: the SDK sleeps over a 429 and tells nobody. */
  status?: number;
}

/** nginx's "client closed request": no server sends it, and the SDK retries only 429 and network errors. */
const gaveUp = 499;

const watches = new AsyncLocalStorage<FetchWatch>();
let original: typeof fetch | undefined;
let running = 0;

/** Runs `work`; each `fetch` that it starts, however deep, ends with `watch.signal`. */
export async function watchFetches<T>(watch: FetchWatch, work: () => Promise<T>): Promise<T> {
  const plain = (original ??= globalThis.fetch);
  running += 1;
  globalThis.fetch = (input, init) => watchedFetch(plain, input, init);
  try {
    return await watches.run(watch, work);
  } finally {
    running -= 1;
    if (running === 0) {
      globalThis.fetch = plain;
      original = undefined;
    }
  }
}

async function watchedFetch(plain: typeof fetch, ...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const watch = watches.getStore();
  if (watch === undefined) return plain(input, init);
  if (watch.signal.aborted) return new Response(null, { status: gaveUp });
  delete watch.status;
  try {
    const response = await plain(input, { ...init, signal: AbortSignal.any([watch.signal, ...(init?.signal ? [init.signal] : [])]) });
    watch.status = response.status;
    return response;
  } catch (error) {
    watch.failure = error;
    throw error;
  }
}
