import { startLoad } from "../load/load.ts";
import { summarize, type LoadSummary } from "../load/summary.ts";
import type { Sample } from "../load/openLoop.ts";
import { endRolloutWorld, rolloutWorld } from "../../test/integration/rollout/world.ts";
import { trafficClasses } from "../../test/integration/support/release.ts";
import { plainSide } from "./plainSide.ts";
import type { RolloutTime, Side } from "./side.ts";
import { terraceSide } from "./terraceSide.ts";

export interface RolloutBenchOptions {
  /** Rollouts of each side, taken in turns. */
  readonly rollouts: number;
  /** Requests per second at the side that rolls out. */
  readonly ratePerSecond: number;
  /** Of traffic before and after each rollout: what latency looks like without one. */
  readonly idleSeconds: number;
  readonly say: (line: string) => void;
}

/** What one side did, over all its rollouts. */
export interface SideResult {
  readonly name: string;
  readonly times: readonly RolloutTime[];
  /** Visitors while a rollout was under way, from its start to the end of the idle time after it (old containers drain then). */
  readonly during: ReturnType<typeof summarize>;
  /** Visitors before each rollout. */
  readonly idle: LoadSummary;
}

/**
 * Rollouts of the same compose file and images on one server, ours and plain compose in turns, each under an open-loop load that goes
 * straight to the server's ingress: no edge is in between that could repeat a failed request.
 */
export async function measureRollouts(options: RolloutBenchOptions): Promise<readonly SideResult[]> {
  try {
    const world = await rolloutWorld();
    const sides: readonly Side[] = [terraceSide(world), await plainSide(world)];
    const seen = new Map(sides.map((side) => [side, { times: [] as RolloutTime[], during: [] as Sample[], idle: [] as Sample[] }]));
    for (const side of sides) await side.rollOut("v1");
    for (let turn = 0; turn < options.rollouts; turn += 1) {
      for (const side of sides) {
        const load = await startLoad({
          address: world.host.place.address.ipv4,
          port: side.port,
          host: side.host,
          authority: world.sandbox.seed.caCertificate,
          ratePerSecond: options.ratePerSecond,
          maximumRequests: options.ratePerSecond * 300,
          timeoutMilliseconds: 10_000,
          classes: trafficClasses,
        });
        await pause(options.idleSeconds);
        const time = await side.rollOut(turn % 2 === 0 ? "v2" : "v3");
        await pause(options.idleSeconds);
        const samples = await load.stop();
        const mine = seen.get(side);
        mine?.times.push(time);
        // The load's own clock begins with its first request; what was due before the rollout began is idle.
        mine?.idle.push(...samples.filter(({ at }) => at < options.idleSeconds * 1000));
        mine?.during.push(...samples.filter(({ at }) => at >= options.idleSeconds * 1000));
        const failed = samples.filter(({ failure }) => failure !== undefined).length;
        options.say(
          `${side.name} ${turn + 1}/${options.rollouts}: confirmed after ${time.confirmed.toFixed(1)} s, returned after ${time.returned.toFixed(1)} s, ${failed} of ${samples.length} requests failed`,
        );
      }
    }
    return [...seen].map(([{ name }, { times, during, idle }]) => ({
      name,
      times,
      during: summarize(during),
      idle: summarize(idle).all,
    }));
  } finally {
    await endRolloutWorld();
  }
}

/** The length of a measurement, not a wait for something. */
function pause(seconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}
