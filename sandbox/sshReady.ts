import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** How long one attempt may take before the next is tried: a server that is not up yet swallows the packet. */
const attemptMilliseconds = 250;

/**
 * Waits until something that speaks SSH answers at `host`:22. Nobody tells a client that a port has opened, so it asks again; `signal`
 * ends the wait (deadline, or the server is gone) with its reason.
 */
export async function sshReady(host: string, signal: AbortSignal): Promise<void> {
  while (!(await sshAnswers(host))) {
    signal.throwIfAborted();
    await delay(20, undefined, { signal });
  }
}

function sshAnswers(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 22 });
    const timer = setTimeout(() => socket.destroy(), attemptMilliseconds);
    socket.once("data", (data) => {
      resolve(data.toString("latin1").startsWith("SSH-2.0-"));
      socket.destroy();
    });
    socket.once("error", () => undefined);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
