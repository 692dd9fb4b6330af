import { z } from "zod";
import { jsonLines } from "./streams.ts";
import type { Transport } from "./transport.ts";

const Event = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
});

/** Something that happened to a container. */
export interface ContainerEvent {
  readonly id: string;
  /** Docker's word: `start`, `die`, `oom`, `health_status: healthy`, … */
  readonly action: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface EventSubscription {
  readonly events: AsyncIterable<ContainerEvent>;
  close(): void;
}

export interface EventCalls {
  /**
   * Follows the containers that carry these labels. A state read after it resolves, and the events, together miss nothing; events of the
   * last two seconds may come again. Ends, or throws, when the daemon goes away.
   */
  subscribe(labels: Readonly<Record<string, string>>): Promise<EventSubscription>;
}

export function eventCalls(transport: Transport): EventCalls {
  return {
    subscribe: async (labels) => {
      const filters = { type: ["container"], label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) };
      // The daemon answers just before it subscribes us; `since` makes it replay what fell between. Replays do no harm: an event is only
      // a reason to look.
      const since = String(Math.floor(Date.now() / 1000) - 1);
      const query = { since, filters: JSON.stringify(filters) };
      const answer = await transport.stream({ method: "GET", path: "/events", query, isPatient: true });
      return { events: parse(answer.chunks), close: () => answer.close() };
    },
  };
}

async function* parse(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ContainerEvent> {
  for await (const value of jsonLines(chunks)) {
    const event = Event.parse(value);
    yield { id: event.Actor.ID, action: event.Action, labels: event.Actor.Attributes ?? {} };
  }
}
