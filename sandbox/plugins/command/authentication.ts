import type { AnyAuthMethod, ConnectConfig, ParsedKey } from "ssh2";
import { createConnection } from "node:net";
import type { Connection } from "./connection.ts";

interface KeyParser {
  parseKey(data: string, passphrase?: string): ParsedKey | Error;
}

export interface Authentication {
  readonly config: Pick<ConnectConfig, "authHandler">;
  /** Names as the SSH protocol has them, for the message of a refused login. */
  readonly methods: readonly string[];
}

/**
 * How to log in: by private key, by password, by agent, in this order. Upstream's SSH library tries each of the protocol's methods once, and
 * a key and an agent are the same method: with a private key the agent is never asked. Its socket must answer all the same.
 */
export async function authentication(connection: Connection, keys: KeyParser, defaultAgent: string | undefined): Promise<Authentication> {
  const { user: username, password } = connection;
  const handlers: AnyAuthMethod[] = [{ type: "none", username }];
  const methods = ["none"];
  if (connection.privateKey !== undefined) {
    handlers.push({ type: "publickey", username, key: parsePrivateKey(connection.privateKey, connection.privateKeyPassword, keys) });
    methods.push("publickey");
  }
  if (password !== undefined) {
    handlers.push(
      { type: "password", username, password },
      {
        type: "keyboard-interactive",
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
      },
    );
    methods.push("password", "keyboard-interactive");
  }
  const agent = connection.agentSocketPath ?? (defaultAgent === "" ? undefined : defaultAgent);
  if (agent !== undefined) {
    await askAgent(agent);
    if (connection.privateKey === undefined) {
      handlers.push({ type: "agent", username, agent });
      methods.push("publickey");
    }
  }
  return { config: { authHandler: handlers }, methods };
}

function parsePrivateKey(privateKey: string, passphrase: string | undefined, keys: KeyParser): ParsedKey {
  const parsed = keys.parseKey(privateKey, passphrase);
  if (!(parsed instanceof Error)) return parsed;
  if (/no passphrase given/.test(parsed.message)) throw new Error("ssh: this private key is passphrase protected", { cause: parsed });
  if (/Bad passphrase|bad decrypt/i.test(parsed.message)) throw new Error("x509: decryption password incorrect", { cause: parsed });
  throw new Error("ssh: no key found", { cause: parsed });
}

async function askAgent(path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = createConnection({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const reason = { ENOENT: "no such file or directory", ECONNREFUSED: "connection refused", EACCES: "permission denied" }[
        error.code ?? ""
      ];
      reject(new Error(`dial unix ${path}: connect: ${reason ?? error.message}`, { cause: error }));
    });
  });
}
