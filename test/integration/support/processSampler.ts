import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { SampledSecret } from "./processSampler.worker.ts";
import type { Secret } from "./secretScanner.ts";

export type { SampledSecret };

/** Watches command lines and environments of all processes, of this machine and of the servers on it. */
export interface ProcessSampler {
  /** Resolves when one that fits has been seen, now or earlier. */
  seen(fits: (sampled: SampledSecret) => boolean): Promise<SampledSecret>;
  /** Ends it; everything that was seen, each once, and how often all processes were looked at. */
  stop(): Promise<{ readonly sampled: readonly SampledSecret[]; readonly sweeps: number }>;
}

export function sampleProcesses(secrets: readonly Secret[]): ProcessSampler {
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(new URL("processSampler.worker.ts", import.meta.url), { workerData: { secrets, stop }, env: {} });
  const sampled: SampledSecret[] = [];
  let sweeps = 0;
  worker.on("message", (message: SampledSecret | { readonly sweeps: number }) => {
    if ("sweeps" in message) sweeps = message.sweeps;
    else sampled.push(message);
  });
  return {
    seen: async (fits) => {
      for (;;) {
        const found = sampled.find(fits);
        if (found !== undefined) return found;
        await once(worker, "message");
      }
    },
    stop: async () => {
      const ended = once(worker, "exit");
      Atomics.store(new Int32Array(stop), 0, 1);
      Atomics.notify(new Int32Array(stop), 0);
      await ended;
      return { sampled, sweeps };
    },
  };
}
