import type { ServerResponse } from "node:http";
import type { Exchange } from "./http.ts";

/** Server-sent events: one line per second to everyone who listens, and a last one when the process stops. */
export interface Events {
  route(exchange: Exchange): void;
  /** Says goodbye and ends all streams. */
  close(): void;
}

export function openEvents(hello: Readonly<Record<string, unknown>>): Events {
  const listeners = new Set<ServerResponse>();
  let number = 0;
  const send = (response: ServerResponse, event: string, value: unknown): void => {
    response.write(`event: ${event}\nid: ${number}\ndata: ${JSON.stringify(value)}\n\n`);
  };
  const timer = setInterval(() => {
    number += 1;
    for (const response of listeners) send(response, "tick", { number, at: new Date().toISOString() });
  }, 1000);
  timer.unref();
  return {
    route: ({ response }) => {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
      listeners.add(response);
      response.once("close", () => listeners.delete(response));
      send(response, "hello", hello);
    },
    close: () => {
      clearInterval(timer);
      for (const response of listeners) {
        send(response, "bye", hello);
        response.end();
      }
    },
  };
}
