import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import type { Socket } from "node:net";

/**
 * A port on loopback at which a new connection never comes about: its process is stopped and its queue is full, so the kernel drops what
 * comes next. That is how a server behind a firewall looks.
 */
export async function startSilentServer(): Promise<{ readonly port: number; close(): void }> {
  const listener = `require("node:net").createServer().listen({port: 0, host: "127.0.0.1", backlog: 1}, function () { console.log(this.address().port); })`;
  const child = spawn(process.execPath, ["-e", listener], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line.toString());
  child.kill("SIGSTOP");
  const fillers: Socket[] = [];
  for (let open = true; open;) {
    const socket = createConnection({ port, host: "127.0.0.1" });
    fillers.push(socket);
    open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      setTimeout(() => resolve(false), 200);
    });
  }
  return {
    port,
    close: () => {
      for (const socket of fillers) socket.destroy();
      child.kill("SIGKILL");
    },
  };
}
