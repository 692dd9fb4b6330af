import { setTimeout as wait } from "node:timers/promises";

/** Time as the program sees it. Deadlines go by `elapsed`, which no change of the wall clock can move. */
export interface Clock {
  /** Wall clock, for records that people read. Never compared, never used for order. */
  now(): Date;
  /** Monotonic milliseconds from an arbitrary start. */
  elapsed(): number;
  /** Resolves after `milliseconds`, or rejects with the signal's reason. */
  pause(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  pause: async (milliseconds, signal) => {
    await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};

/** Seconds since `started`, with one decimal: what people read in progress lines and reports. */
export function secondsSince(clock: Clock, started: number): number {
  return Math.round((clock.elapsed() - started) / 100) / 10;
}
