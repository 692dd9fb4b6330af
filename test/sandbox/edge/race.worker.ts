/**
 * An origin and a client in a thread of their own, for a race that one thread cannot run: the client's request and the end of the edge's
 * idle connection to the origin lie ready side by side when the edge's thread, blocked meanwhile, looks again.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

const { host, gate } = workerData as { readonly host: string; readonly gate: SharedArrayBuffer };
const port = parentPort;
if (port === null) throw new Error("not a worker");
const origin = createServer((request, response) => request.resume().on("end", () => response.end("origin"))).listen(0, "127.0.0.1");
await once(origin, "listening");
port.postMessage({ origin: (origin.address() as AddressInfo).port });
const [{ edge }] = (await once(port, "message")) as [{ readonly edge: number }];

const client = connect(edge, "127.0.0.1");
let heard = "";
client.on("data", (chunk: Buffer) => (heard += chunk.toString()));
/** Sends a POST and waits for the status line of its answer. */
const post = async (beforeAnswer: () => Promise<void>): Promise<string> => {
  heard = "";
  client.write(`POST / HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1\r\n\r\nx`);
  await beforeAnswer();
  while (!heard.includes("\r\n\r\n")) await once(client, "data");
  return heard.split("\r\n")[0] ?? "";
};
await post(() => Promise.resolve());

port.on("message", () => {
  void post(async () => {
    // The request is in the edge's socket buffer; now the idle connection ends, and only then may the edge look.
    await delay(50);
    origin.closeIdleConnections();
    await delay(50);
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
  }).then((status) => port.postMessage({ status }));
});
port.postMessage({ ready: true });
