import type { Context } from "../context.ts";
import type { Container } from "../docker/containers.ts";
import { Failure } from "../ending.ts";
import { label } from "../release/composeFile.ts";

/** Follows an instance's containers by Docker's events: nothing is polled, and nothing between two looks is missed. */
export interface Watch {
  /**
   * The first answer of `look`, asked now and again after each event of that container; `"timeout"` when there was none in time. Throws
   * `Failure (docker_unreachable)` when the events end.
   */
  until<Answer>(
    id: string,
    look: (container: Container | undefined) => Answer | undefined,
    milliseconds: number,
  ): Promise<Answer | "timeout">;
  /** Ends it; what still waits throws. */
  close(): void;
}

export async function watchInstance(context: Pick<Context, "docker" | "clock">, instance: string): Promise<Watch> {
  const subscription = await context.docker.subscribe({ [label.instance]: instance });
  const listeners = new Set<(id: string | undefined) => void>();
  let lost: unknown;
  const tell = (id: string | undefined): void => {
    for (const listener of listeners) listener(id);
  };
  const end = (reason: unknown): void => {
    lost ??= new Failure("aborted", "docker_unreachable", "Docker's event stream ended", { cause: reason });
    tell(undefined);
  };
  void (async () => {
    for await (const { id } of subscription.events) tell(id);
  })().then(end, end);

  return {
    until: async (id, look, milliseconds) => {
      const stop = new AbortController();
      let stir = (): void => undefined;
      const listener = (changed: string | undefined): void => {
        if (changed === undefined || changed === id) stir();
      };
      listeners.add(listener);
      const timeout = context.clock.pause(milliseconds, stop.signal).then(() => "timeout" as const);
      timeout.catch(() => undefined);
      try {
        for (;;) {
          if (lost !== undefined) throw lost as Error;
          // Set before the look, so that an event during it makes us look again.
          const stirred = new Promise<"event">((resolve) => (stir = () => resolve("event")));
          const answer = look(await context.docker.container(id));
          if (answer !== undefined) return answer;
          if ((await Promise.race([stirred, timeout])) === "timeout") return "timeout";
        }
      } finally {
        listeners.delete(listener);
        stop.abort();
      }
    },
    close: () => {
      subscription.close();
      end(undefined);
    },
  };
}
