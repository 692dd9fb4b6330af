import { setTimeout as pause } from "node:timers/promises";
import { shellOutput } from "../../../sandbox/index.ts";
import { graphql } from "./ask.ts";
import type { World } from "./world.ts";

/** One run of a job, as the worker that took it wrote it down. */
export interface JobRun {
  readonly id: string;
  /** Release id of the worker's container, and the build of its image. */
  readonly release: string;
  readonly version: string;
}

const perSecond = 5;

/** Enqueues jobs through the public API while `work` runs; gives their ids and, once all are done, every run of them. */
export async function withJobs<T>(world: World, host: string, work: () => Promise<T>) {
  const ids: string[] = [];
  let going = true;
  const enqueue = async (): Promise<void> => {
    while (going) {
      const { enqueue: id } = await graphql<{ enqueue: string }>(world, host, 'mutation { enqueue(word: "hello") }');
      ids.push(id);
      await pause(1000 / perSecond);
    }
  };
  // Its failure waits for the work, like the jobs themselves.
  const enqueuing = Promise.allSettled([enqueue()]);
  const result = await work().finally(async () => {
    going = false;
    await enqueuing;
  });
  const [enqueued] = await enqueuing;
  if (enqueued.status === "rejected") throw enqueued.reason;
  // One worker takes one job after the other: when the last one has a result, those before it have been taken.
  const { job } = await graphql<{ job: { id: string; state: string } }>(world, host, '{ job(word: "last", seconds: 1) { id state } }');
  if (job.state !== "SUCCESS") throw new Error(`the last job is ${job.state}`);
  const wanted = new Set(ids);
  return { result, ids, runs: (await jobRuns(world)).filter(({ id }) => wanted.has(id)) };
}

async function jobRuns(world: World): Promise<readonly JobRun[]> {
  const log = await shellOutput(
    world.sandbox.server("staging"),
    `docker exec truealpha-staging-data-redis-1 sh -c 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli --raw lrange truealpha:runs:log 0 -1'`,
  );
  return log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JobRun);
}
