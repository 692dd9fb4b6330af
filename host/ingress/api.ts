import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import { parseRouterFile } from "./routing.ts";
import { IngressView, missing } from "./view.ts";

export const ingressContainer = "terrace-ingress";
export const ingressNetwork = "terrace-ingress";

/** How long Traefik may take to show a file: it waits its throttle (100 ms), reads, and rebuilds. */
const confirmSeconds = 15;
const pauseMilliseconds = 25;

const Answer = z.union([z.object({ status: z.number(), body: z.string() }), z.object({ error: z.string() })]);

/** A conversation with Traefik's API. */
export interface IngressApi {
  /** What Traefik routes now. Throws `Failure (ingress_unreachable)`. */
  view(): Promise<IngressView>;
  /** Resolves when Traefik shows exactly this file of an instance (`undefined`: none). Throws `Failure (switch_not_confirmed)`. */
  confirmed(instance: string, text: string | undefined): Promise<void>;
  close(): void;
}

/** Enters the namespace of the running ingress container. Throws `Failure (ingress_unreachable)` when there is none. */
export async function openIngressApi(context: Pick<Context, "docker" | "program" | "clock">): Promise<IngressApi> {
  const container = await context.docker.container(ingressContainer);
  if (container === undefined) throw unreachable("there is no ingress container on this host");
  if (!container.running) throw unreachable(`the ingress container is ${container.status}`);
  const child = spawn("/usr/bin/nsenter", [`--net=/proc/${container.pid}/ns/net`, process.execPath, context.program.path, "relay"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: {},
  });
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  const view = async (): Promise<IngressView> => {
    child.stdin.write("/api/rawdata\n");
    const line = await answers.next();
    if (line.done === true) throw unreachable("the namespace of the ingress container could not be entered");
    const answer = Answer.parse(JSON.parse(line.value));
    if ("error" in answer) throw unreachable(answer.error);
    if (answer.status !== 200) throw unreachable(`its API answered ${answer.status}`);
    return IngressView.parse(JSON.parse(answer.body));
  };
  return {
    view,
    confirmed: async (instance, text) => {
      const file = text === undefined ? undefined : parseRouterFile(text);
      // Traefik announces nothing, so it is asked until it shows the file or the time is up.
      const started = context.clock.elapsed();
      for (;;) {
        const fault = missing(await view(), instance, file);
        if (fault === undefined) return;
        if (context.clock.elapsed() - started > confirmSeconds * 1000) {
          throw new Failure("aborted", "switch_not_confirmed", `Traefik did not take the routes within ${confirmSeconds} s: ${fault}`);
        }
        await context.clock.pause(pauseMilliseconds);
      }
    },
    close: () => child.stdin.end(),
  };
}

function unreachable(what: string): Failure {
  return new Failure("aborted", "ingress_unreachable", `Traefik cannot be asked: ${what}`);
}
