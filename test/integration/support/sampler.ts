import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { serverLeader, shellCommand } from "../../../sandbox/serverShell.ts";
import type { World } from "./world.ts";

/** Which containers of one service ran at one moment. */
export interface Sample {
  /** Seconds on the server's own monotonic clock. */
  readonly at: number;
  /** Container ids. */
  readonly running: readonly string[];
}

const pauseMilliseconds = 40;

/** Runs on the server: asks Docker again and again over one connection, a line for each answer, until its standard input ends. */
const program = `
  const http = require("node:http");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const filters = JSON.stringify({ status: ["running"], label: process.argv.slice(1) });
  const path = "/containers/json?filters=" + encodeURIComponent(filters);
  const sample = () => http.get({ socketPath: "/var/run/docker.sock", agent, path }, (answer) => {
    let text = "";
    answer.on("data", (chunk) => (text += chunk));
    answer.on("end", () => {
      if (answer.statusCode !== 200) throw new Error(text);
      console.log(JSON.stringify({ at: performance.now() / 1000, running: JSON.parse(text).map(({ Id }) => Id) }));
      setTimeout(sample, ${pauseMilliseconds});
    });
  });
  process.stdin.resume().on("end", () => process.exit(0));
  sample();
`;

/** Looks at a service of an instance some twenty times a second while `work` runs. */
export async function sampled<T>(world: World, server: string, instance: string, service: string, work: () => Promise<T>) {
  const labels = [`dev.terrace.instance=${instance}`, `dev.terrace.service=${service}`];
  const { file, args } = shellCommand(await serverLeader(world.sandbox.server(server)), ["/usr/bin/node", "-e", program, ...labels]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(child, "close");
  const samples: Sample[] = [];
  const lines = createInterface(child.stdout);
  lines.on("line", (line) => samples.push(JSON.parse(line) as Sample));
  await once(lines, "line");
  try {
    return { result: await work(), samples };
  } finally {
    child.stdin.end();
    const [exitCode] = (await closed) as [number | null];
    if (exitCode !== 0) throw new Error(`the sampler on ${server} ended with ${String(exitCode)}`);
  }
}

/** Longest time, in seconds, in which no sample showed one: from the last sample with one to the next. 0 where every sample did. */
export function longestGap(samples: readonly Sample[]): number {
  let longest = 0;
  let last: Sample | undefined;
  let absent = false;
  for (const sample of samples) {
    if (sample.running.length === 0) {
      absent = true;
      continue;
    }
    if (absent && last !== undefined) longest = Math.max(longest, sample.at - last.at);
    last = sample;
    absent = false;
  }
  if (absent) throw new Error("none ran at the end");
  return longest;
}
