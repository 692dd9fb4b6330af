/** A listener that never accepts: its thread stops right after the port is open, so that connections beyond its queue get no answer. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const server = createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 });
await once(server, "listening");
parentPort?.postMessage((server.address() as AddressInfo).port);
// The message is sent from here on without the thread's help.
Atomics.wait(new Int32Array(workerData as SharedArrayBuffer), 0, 0);
