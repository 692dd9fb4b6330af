import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, isIPv6, type Server, type Socket } from "node:net";
import { z } from "zod";
import { openRequestLog } from "../cloudflare/emulator/requestLog.ts";
import type { RunningService } from "../shared/service.ts";
import { answerQuestion, denyName, responseCodes, type DnsAnswer } from "./answer.ts";
import { readQuery, writeReply, type Query } from "./message.ts";
import type { NameWorld } from "./world.ts";

export interface DnsOptions extends NameWorld {
  /** Each is served by UDP and TCP. */
  readonly listeners: readonly { readonly host: string; readonly port: number }[];
  /** Folder for the log of questions (`dns.jsonl`). */
  readonly logs: string;
  /** How long a resolver may remember that a name does not exist, in seconds. @default 60 */
  readonly negativeTtlSeconds?: number;
}

export interface DnsService extends RunningService {
  /** Ports really bound, in the order of the listeners. */
  readonly ports: readonly number[];
}

const denial = z.strictObject({
  name: z.string().min(1),
  /** What resolvers are told to remember it for; Cloudflare's zones say 1,800. */
  ttlSeconds: z.int().positive().default(1800),
});
const silence = z.strictObject({ name: z.string().optional() });
const tcpIdleMilliseconds = 10_000;

/**
 * Starts the slot's name server: authoritative for `.test`, REFUSED for all else.
 *
 * Controls: `negative {name, ttlSeconds?}` (NXDOMAIN, to be remembered), `servfail {name?}`, `silent {name?}` (no answer at all),
 * `restore`.
 */
export async function startDns(options: DnsOptions): Promise<DnsService> {
  const log = openRequestLog(options.logs, "dns");
  const denied = new Map<string, number>();
  let failing: { readonly name?: string | undefined } | undefined;
  let silent: { readonly name?: string | undefined } | undefined;
  const concerns = (day: { readonly name?: string | undefined } | undefined, name: string): boolean =>
    day !== undefined && (day.name === undefined || day.name.toLowerCase() === name);

  const answer = (query: Query): DnsAnswer | undefined => {
    const name = query.question.name.toLowerCase();
    const ttl = denied.get(name);
    const reply: DnsAnswer | undefined = concerns(silent, name)
      ? undefined
      : concerns(failing, name)
        ? { code: "SERVFAIL", answers: [], authorities: [] }
        : ttl !== undefined
          ? denyName(options, name, ttl)
          : answerQuestion(options, query.question, options.negativeTtlSeconds ?? 60);
    log.request({ method: query.question.type, path: name, status: reply === undefined ? -1 : responseCodes[reply.code], write: false });
    return reply;
  };

  const closers: (() => Promise<void>)[] = [];
  const ports: number[] = [];
  try {
    for (const { host, port } of options.listeners) {
      const { udp, tcp } = await bindBoth(host, port, answer);
      closers.push(
        () => closeUdp(udp),
        () => tcp.close(),
      );
      ports.push(udp.address().port);
    }
  } catch (error) {
    await Promise.all(closers.map((close) => close()));
    throw error;
  }
  return {
    ports,
    controls: {
      negative: (argument) => {
        const { name, ttlSeconds } = denial.parse(argument);
        denied.set(name.toLowerCase(), ttlSeconds);
        return Promise.resolve(Object.fromEntries(denied));
      },
      servfail: (argument) => Promise.resolve((failing = silence.parse(argument ?? {}))),
      silent: (argument) => Promise.resolve((silent = silence.parse(argument ?? {}))),
      restore: () => {
        denied.clear();
        failing = undefined;
        silent = undefined;
        return Promise.resolve({});
      },
    },
    close: async () => {
      await Promise.all(closers.map((close) => close()));
      log.close();
    },
  };
}

type Answerer = (query: Query) => DnsAnswer | undefined;

/** Both protocols on one number. Where any free one will do, the one that UDP is given may be taken for TCP: then another. */
async function bindBoth(host: string, port: number, answer: Answerer): Promise<{ udp: UdpSocket; tcp: { close(): Promise<void> } }> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = await bindUdp(host, port, answer);
    try {
      return { udp, tcp: await bindTcp(host, udp.address().port, answer) };
    } catch (error) {
      await closeUdp(udp);
      if (port !== 0 || attempt === 20 || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}

async function bindUdp(host: string, port: number, answer: Answerer): Promise<UdpSocket> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  socket.bind(port, host);
  await once(socket, "listening");
  // Errors after that are of single packets (a client that is gone) and concern nobody else.
  socket.on("error", () => undefined);
  socket.on("message", (message, from) => {
    const reading = readQuery(message);
    const reply = reading.kind === "malformed" ? reading.reply : replyTo(reading.query, answer, reading.query.payloadSize);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  return socket;
}

async function bindTcp(host: string, port: number, answer: Answerer): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(tcpIdleMilliseconds, () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0);
        const reading = readQuery(pending.subarray(2, 2 + length));
        pending = pending.subarray(2 + length);
        const reply = reading.kind === "malformed" ? reading.reply : replyTo(reading.query, answer, 65_535);
        if (reply === undefined) continue;
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([prefix, reply]));
      }
    });
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** All services share a process: a question that trips us up costs its asker an answer, and nobody else anything. */
function replyTo(query: Query, answer: Answerer, limit: number): Buffer | undefined {
  try {
    const found = answer(query);
    return found === undefined ? undefined : writeReply(query, found, limit);
  } catch (error) {
    process.stderr.write(`sandbox: the name server could not answer for ${query.question.name}: ${String(error)}\n`);
    return undefined;
  }
}

async function closeUdp(socket: UdpSocket): Promise<void> {
  const closed = once(socket, "close");
  socket.close();
  await closed;
}
