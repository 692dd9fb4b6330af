import { createClient } from "@redis/client";
import { hostname } from "node:os";
import { randomUUID } from "node:crypto";
import { parseResult, resultKey, taskMessage, type TaskResult } from "./celery.ts";
import type { Settings } from "./settings.ts";

export interface Job extends TaskResult {
  readonly id: string;
}

/** A sign of life of Celery's beat: written by it, so that two of them, or none, can be seen afterwards. */
export interface BeatTick {
  readonly host: string;
  readonly version: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What the API asks Redis: cache, Celery's broker and Celery's result backend in one. Calls reject at once while it is unreachable. */
export interface Store {
  ping(): Promise<void>;
  /** Adds one and returns the sum. */
  count(): Promise<number>;
  /** Jobs that no worker has taken yet. */
  queued(): Promise<number>;
  /** Runs of jobs, as the workers counted them: a distinct id per job, so `total - distinct` is how many ran twice. */
  runs(): Promise<{ readonly total: number; readonly distinct: number }>;
  beatTicks(last: number): Promise<readonly BeatTick[]>;
  /** Puts a job on the queue and returns its id. */
  enqueue(task: string, keywords: Readonly<Record<string, string | number>>): Promise<string>;
  /** The job's result, or what is known when the time is over. */
  result(id: string, timeoutSeconds: number): Promise<Job>;
  close(): Promise<void>;
}

export function openStore(settings: Pick<Settings, "redis" | "queue">): Store {
  const client = createClient({
    socket: {
      host: settings.redis.host,
      port: settings.redis.port,
      connectTimeout: 2000,
      reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, 2000),
    },
    ...(settings.redis.password === "" ? {} : { password: settings.redis.password }),
    // A request must fail now, not succeed after the client has given up on it.
    disableOfflineQueue: true,
  });
  const listener = client.duplicate();
  // Without listeners a lost connection would end the process; both clients reconnect by themselves.
  client.on("error", () => undefined);
  listener.on("error", () => undefined);
  const connected = Promise.allSettled([client.connect(), listener.connect()]);

  return {
    ping: async () => {
      await client.ping();
    },
    count: () => client.incr("truealpha:counter"),
    queued: () => client.lLen(settings.queue),
    runs: async () => {
      const [total, distinct] = await Promise.all([client.get("truealpha:runs:total"), client.hLen("truealpha:runs:count")]);
      return { total: Number(total ?? 0), distinct };
    },
    beatTicks: async (last) => (await client.lRange("truealpha:beat:ticks", -last, -1)).map((text) => JSON.parse(text) as BeatTick),
    enqueue: async (task, keywords) => {
      const id = randomUUID();
      const origin = `${process.pid}@${hostname()}`;
      await client.lPush(settings.queue, taskMessage({ task, id, keywords, origin, queue: settings.queue, deliveryTag: randomUUID() }));
      return id;
    },
    result: async (id, timeoutSeconds) => {
      const key = resultKey(id);
      // Listen first, then look: a result that comes in between is seen by one of the two.
      let wake: (text: string) => void = () => undefined;
      const published = new Promise<string>((resolve) => (wake = resolve));
      const onMessage = (text: string): void => {
        if (parseResult(text).final) wake(text);
      };
      await listener.subscribe(key, onMessage);
      let timer: NodeJS.Timeout | undefined;
      try {
        const stored = await client.get(key);
        if (stored !== null && parseResult(stored).final) return { id, ...parseResult(stored) };
        const timeout = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), timeoutSeconds * 1000)));
        const text = (await Promise.race([published, timeout])) ?? stored;
        return text === null ? { id, state: "PENDING", result: null, final: false } : { id, ...parseResult(text) };
      } finally {
        clearTimeout(timer);
        await listener.unsubscribe(key, onMessage);
      }
    },
    close: async () => {
      for (const one of [client, listener]) if (one.isOpen) one.destroy();
      await connected;
    },
  };
}
