import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";

/** Websockets at `/ws`: a hello with the version, then every message comes back. */
export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Sends "going away" (1001) to everyone and waits for them to hang up. */
  close(): Promise<void>;
}

export function openSockets(hello: Readonly<Record<string, unknown>>): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  server.on("connection", (socket) => {
    // A peer that breaks the protocol is hung up on by the library; there is nothing else to do.
    socket.on("error", () => undefined);
    socket.on("message", (message, binary) => socket.send(message, { binary }));
    socket.send(JSON.stringify(hello));
  });
  return {
    upgrade: (request, socket, head) => {
      if (request.url !== "/ws") {
        socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      server.handleUpgrade(request, socket, head, (client) => server.emit("connection", client, request));
    },
    close: async () => {
      const closed = [...server.clients].map((client) => {
        const gone = new Promise<void>((resolve) => client.once("close", () => resolve()));
        client.close(1001, "the server stops");
        return gone;
      });
      server.close();
      await Promise.all(closed);
    },
  };
}
