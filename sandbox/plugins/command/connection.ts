import type { Client, ConnectConfig } from "ssh2";
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Log, Property, PlainProperties } from "../base/index.ts";
import { authentication } from "./authentication.ts";
import { contextError, hostPort } from "./goText.ts";
import { parseHostKey } from "./hostKey.ts";
import { sshError, tcpError } from "./sshErrors.ts";

/** `connection` of remote resources. `proxy` is not here and so is refused by name. Defaults become inputs, as upstream's do. */
export const connectionProperties = {
  host: { type: "string", required: true },
  user: { type: "string", default: "root" },
  port: { type: "number", default: 22 },
  password: { type: "string", secret: true },
  privateKey: { type: "string", secret: true },
  privateKeyPassword: { type: "string", secret: true },
  agentSocketPath: { type: "string" },
  hostKey: { type: "string" },
  /** Failed tries after which it gives up; -1 never. */
  dialErrorLimit: { type: "integer", default: 10 },
  /** Seconds for the TCP connection of each try; 0 is no limit. */
  perDialTimeout: { type: "integer", default: 15 },
} as const satisfies Record<string, Property>;

export type Connection = PlainProperties<typeof connectionProperties>;

interface DialContext {
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Delays between tries: a tenth of a second, then half as much again each time, at most five seconds (sdk/go/common/util/retry). */
const firstDelay = 100;
const longestDelay = 5000;

/**
 * Opens an SSH connection, trying again on any failure, wrong host keys and refused logins included, until the limit is reached. The caller
 * ends it. Faults of the configuration itself (a key that cannot be read) fail at once.
 */
export async function dial(connection: Connection, { log, signal }: DialContext): Promise<Client> {
  const ssh = (await import("ssh2")).default;
  const hostKey = connection.hostKey === undefined ? undefined : parseHostKey(connection.hostKey);
  const { config, methods } = await authentication(connection, ssh.utils, process.env["SSH_AUTH_SOCK"]);
  const { dialErrorLimit: limit } = connection;
  for (let failures = 0, delay = firstDelay; ; delay = Math.min(delay * 1.5, longestDelay)) {
    try {
      return await connectOnce(new ssh.Client(), connection, { ...config, ...hostKey }, methods, signal);
    } catch (error) {
      if (signal.aborted) throw contextError(signal);
      failures++;
      if (limit > -1 && failures > limit) {
        throw new Error(`after ${failures - 1} failed attempts: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
      log.status(`Dial ${failures}/${limit === -1 ? "inf" : limit} failed: retrying`);
    }
    await wait(delay, undefined, { signal }).catch(() => {
      throw contextError(signal);
    });
  }
}

async function connectOnce(
  client: Client,
  connection: Connection,
  config: ConnectConfig,
  methods: readonly string[],
  signal: AbortSignal,
): Promise<Client> {
  const socket = await openSocket(connection, signal);
  return new Promise<Client>((resolve, reject) => {
    const fail = (error: Error): void => {
      signal.removeEventListener("abort", abort);
      client.destroy();
      reject(error);
    };
    const abort = (): void => fail(contextError(signal));
    signal.addEventListener("abort", abort, { once: true });
    client.once("ready", () => {
      signal.removeEventListener("abort", abort);
      resolve(client);
    });
    client.once("close", () => fail(new Error("ssh: handshake failed: EOF")));
    // Stays for the life of the connection: an error later on ends the command, which says so itself.
    client.on("error", (error) => fail(sshError(error, methods)));
    client.connect({ ...config, sock: socket, username: connection.user, readyTimeout: 0 });
  });
}

async function openSocket(connection: Connection, signal: AbortSignal): Promise<Socket> {
  const { host, port, perDialTimeout } = connection;
  return new Promise<Socket>((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true });
    const limit =
      perDialTimeout > 0
        ? setTimeout(() => fail(new Error(`dial tcp ${hostPort(host, port)}: i/o timeout`)), perDialTimeout * 1000)
        : undefined;
    const settle = (): void => {
      clearTimeout(limit);
      signal.removeEventListener("abort", abort);
      socket.removeAllListeners();
    };
    const fail = (error: Error): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const abort = (): void => fail(contextError(signal));
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", (error) => fail(tcpError(error, host, port)));
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
  });
}
