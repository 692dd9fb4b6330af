import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Docker } from "../docker/docker.ts";
import { Failure } from "../ending.ts";
import { parseRouterFile } from "./routing.ts";
import { IngressView, missing } from "./view.ts";

/** Name of the ingress's container. */
export const ingressName = "terrace-ingress";
export const ingressNetwork = "terrace-ingress";

/** How long Traefik may take to show a file: it waits its throttle (100 ms), reads, and rebuilds. */
const confirmSeconds = 15;
const pauseMilliseconds = 25;

const Answer = z.union([z.object({ status: z.number(), body: z.string() }), z.object({ error: z.string() })]);

/** Traefik's own word on what it routes. */
export interface IngressApi {
  /** What Traefik routes now. Throws `Failure (ingress_unreachable)`. */
  view(): Promise<IngressView>;
  /** Resolves when Traefik shows exactly this file of an instance (`undefined`: none). Throws `Failure (switch_not_confirmed)`. */
  confirmed(instance: string, text: string | undefined): Promise<void>;
}

/** A relay inside the network namespace of one run of the ingress container. */
interface Relay {
  /** Of the container's process; another one means another namespace. */
  readonly pid: number;
  ask(path: string): Promise<z.infer<typeof Answer> | undefined>;
}

/** Asks through a relay (`relay.ts`, run as `bundle`) that is started at the first question and lives as long as this process. */
export function ingressApi(docker: Docker, clock: Clock, bundle: string): IngressApi {
  let relay: Relay | undefined;

  const view = async (): Promise<IngressView> => {
    const pid = await ingressProcess(docker);
    if (relay?.pid !== pid) relay = startRelay(pid, bundle);
    const answer = await relay.ask("/api/rawdata");
    if (answer === undefined) throw unreachable("the namespace of the ingress container could not be entered");
    if ("error" in answer) throw unreachable(answer.error);
    if (answer.status !== 200) throw unreachable(`its API answered ${answer.status}`);
    return IngressView.parse(JSON.parse(answer.body));
  };

  return {
    view,
    confirmed: async (instance, text) => {
      const file = text === undefined ? undefined : parseRouterFile(text);
      // Traefik announces nothing, so it is asked until it shows the file or the time is up.
      const started = clock.elapsed();
      for (;;) {
        const fault = missing(await view(), instance, file);
        if (fault === undefined) return;
        if (clock.elapsed() - started > confirmSeconds * 1000) {
          throw new Failure("aborted", "switch_not_confirmed", `Traefik did not take the routes within ${confirmSeconds} s: ${fault}`);
        }
        await clock.pause(pauseMilliseconds);
      }
    },
  };
}

async function ingressProcess(docker: Docker): Promise<number> {
  const container = await docker.container(ingressName);
  if (container === undefined) throw unreachable("there is no ingress container on this host");
  if (!container.running) throw unreachable(`the ingress container is ${container.status}`);
  return container.pid;
}

function startRelay(pid: number, bundle: string): Relay {
  const child = spawn("/usr/bin/nsenter", [`--net=/proc/${pid}/ns/net`, process.execPath, bundle, "relay"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: {},
  });
  // A relay that cannot start or dies shows as an end of its answers.
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid,
    ask: async (path) => {
      child.stdin.write(`${path}\n`);
      const line = await answers.next();
      return line.done === true ? undefined : Answer.parse(JSON.parse(line.value));
    },
  };
}

function unreachable(what: string): Failure {
  return new Failure("aborted", "ingress_unreachable", `Traefik cannot be asked: ${what}`);
}
