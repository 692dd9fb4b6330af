import type { Bench, BenchResult, Figure } from "../shared/figure.ts";
import { pairedRatio, spreadOf } from "../shared/statistics.ts";
import { measureRollouts, type SideResult } from "./rollouts.ts";

const method = `The same compose file and images on one server: an API (web), a worker, a scheduler and a job before them; health checks every 2 s.
Both sides in turns, each over a new SSH connection, images pulled before. Ours: the rollout as Pulumi's command resource sends it, with
smoke checks, confirmation through the ingress, settling and hand-over. The control: \`docker compose pull && docker compose up -d --wait\`,
Traefik routing by container labels. The load is open-loop, straight to the server's ingress over TLS with verification, never retried, in
four classes: GET and POST, each on new and on kept connections. Server, load and registry share this one machine.`;

/** P1, P3, P4 and P5 of the performance bars. */
export const rolloutBench: Bench = {
  name: "rollout",
  what: "rollouts under load: ours, and plain compose behind labels",
  sizes: { rollouts: 5, rate: 200 },
  run: async ({ rollouts = 5, rate = 200 }, say): Promise<BenchResult> => {
    const [ours, plain] = await measureRollouts({ rollouts, ratePerSecond: rate, idleSeconds: 5, say });
    if (ours === undefined || plain === undefined) throw new Error("unreachable: both sides were measured");
    return { figures: figures(ours, plain, rate), method, detail: { ours, plain } };
  },
};

function figures(ours: SideResult, plain: SideResult, rate: number): readonly Figure[] {
  const confirmed = ours.times.map((time) => time.confirmed);
  const returned = ours.times.map((time) => time.returned);
  const theirs = plain.times.map((time) => time.returned);
  const wall = pairedRatio(confirmed, theirs);
  const whole = pairedRatio(returned, theirs);
  const [during, idle] = [ours.during.all, ours.idle];
  return [
    {
      bar: "P1",
      what: "rollout up to the confirmed switch",
      ours: seconds(confirmed),
      theirs: seconds(theirs),
      ratio: wall,
      limit: "≤ 1.3",
      held: wall.median <= 1.3,
    },
    {
      bar: "P2",
      what: "rollout until the command returns (settle 1 s, hand-over, record)",
      ours: seconds(returned),
      theirs: seconds(theirs),
      ratio: whole,
      limit: "≤ 1.6 or + 3 s",
      held: whole.median <= 1.6 || spreadOf(returned).median - spreadOf(theirs).median <= 3,
    },
    {
      bar: "P3",
      what: `failed requests at ${rate}/s`,
      ours: count(ours),
      theirs: count(plain),
      limit: "0 / > 0",
      held: ours.during.all.failed === 0 && plain.during.all.failed > 0,
    },
    {
      bar: "P4",
      what: "p99 latency during rollouts / without",
      ours: `${during.p99Milliseconds.toFixed(0)} ms`,
      theirs: `${idle.p99Milliseconds.toFixed(0)} ms`,
      ratio: pairedRatio([during.p99Milliseconds], [idle.p99Milliseconds]),
      limit: "≤ 2",
      held: during.p99Milliseconds / idle.p99Milliseconds <= 2,
    },
    {
      bar: "P5",
      what: "longest time between two requests that were answered, during rollouts / without",
      ours: `${during.longestGapMilliseconds.toFixed(0)} ms`,
      theirs: `${idle.longestGapMilliseconds.toFixed(0)} ms (plain, during: ${plain.during.all.longestGapMilliseconds.toFixed(0)} ms)`,
      ratio: pairedRatio([during.longestGapMilliseconds], [idle.longestGapMilliseconds]),
      limit: "≤ 2",
      held: during.longestGapMilliseconds / idle.longestGapMilliseconds <= 2,
    },
  ];
}

const seconds = (values: readonly number[]): string => `${spreadOf(values).median.toFixed(2)} s`;
const count = ({ during }: SideResult): string => `${during.all.failed} of ${during.all.requests}`;
