import { chmod, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Slot } from "./slot.ts";

/** What the supervisor of a slot can be asked for. */
export const controlRequest = z.discriminatedUnion("verb", [
  z.strictObject({ verb: z.literal("up"), servers: z.array(z.string()).optional() }),
  z.strictObject({ verb: z.literal("status") }),
  z.strictObject({ verb: z.literal("break"), service: z.string(), control: z.string(), argument: z.unknown().optional() }),
  z.strictObject({ verb: z.literal("rebuild"), server: z.string() }),
  z.strictObject({ verb: z.literal("down"), now: z.boolean() }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;

/** The lines that answer a request: any number with progress, then one with the outcome. */
const controlReply = z.union([
  z.strictObject({ line: z.string() }),
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ error: z.string() }),
]);

/** The slot has no supervisor to answer. */
export class NotRunning extends Error {
  override readonly name = "NotRunning";
}

export interface ControlServer {
  /** Shows a line of progress to everybody who waits for an answer. */
  progress(line: string): void;
  close(): Promise<void>;
}

/** Listens on the slot's socket, for its owner only. One request per connection. The slot must be held: an old socket is replaced. */
export async function startControl(slot: Slot, handle: (request: ControlRequest) => Promise<unknown>): Promise<ControlServer> {
  const waiting = new Set<Socket>();
  const say = (socket: Socket, reply: z.infer<typeof controlReply>): void => {
    // Work goes on when nobody listens any more.
    if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`);
  };
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("close", () => waiting.delete(socket));
    createInterface({ input: socket }).once("line", (line) => {
      waiting.add(socket);
      answer(line, handle).then(
        (result) => {
          say(socket, { result: result ?? null });
          socket.end();
        },
        (error: unknown) => {
          say(socket, { error: error instanceof Error ? describe(error) : String(error) });
          socket.end();
        },
      );
    });
  });
  await rm(slot.controlSocket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(slot.controlSocket, resolve);
  });
  await chmod(slot.controlSocket, 0o600);
  return {
    progress: (line) => {
      for (const socket of waiting) say(socket, { line });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

async function answer(line: string, handle: (request: ControlRequest) => Promise<unknown>): Promise<unknown> {
  const request = controlRequest.safeParse(JSON.parse(line));
  if (!request.success) throw new Error(`control: cannot read the request: ${z.prettifyError(request.error)}`);
  return handle(request.data);
}

/** Message and causes: a boot that failed says why only in its cause. */
function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message}\n  because: ${describe(error.cause)}` : error.message;
}

/** Asks the supervisor of a slot and waits for its answer. Throws `NotRunning` when there is none, an Error with its message when it fails. */
export function ask(slot: Slot, request: ControlRequest, onLine: (line: string) => void = () => undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(slot.controlSocket);
    socket.once("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const absent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      reject(absent ? new NotRunning(`slot ${slot.number}: is not up; run "npm run sandbox -- up"`) : error);
    });
    const lines = createInterface({ input: socket });
    lines.on("error", () => undefined);
    lines.on("line", (text) => {
      const reply = controlReply.parse(JSON.parse(text));
      if ("line" in reply) onLine(reply.line);
      else if ("error" in reply) reject(new Error(reply.error));
      else resolve(reply.result);
    });
    lines.once("close", () =>
      reject(new Error(`slot ${slot.number}: its supervisor ended before it answered; see ${slot.logs}/supervisor.log`)),
    );
  });
}
