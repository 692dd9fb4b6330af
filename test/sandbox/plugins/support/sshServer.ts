import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import type { AuthContext, Connection, Session } from "ssh2";
import { serveSftp } from "./sftpServer.ts";

export interface SshServerOptions {
  /** Variables that the server accepts, as sshd's AcceptEnv. */
  readonly acceptEnvironment?: readonly string[];
  readonly password?: string;
  /** The password only as the answer to a question. */
  readonly interactive?: boolean;
  readonly hostKeyType?: "ed25519" | "rsa";
}

/** A real SSH server on loopback that runs commands with /bin/sh in a folder of its own. */
export interface SshServer {
  readonly port: number;
  /** `ssh-ed25519 AAAA…`, as `hostKey` takes it. */
  readonly hostKey: string;
  /** A key that may log in, and its encrypted twin. */
  readonly privateKey: string;
  readonly encryptedPrivateKey: string;
  readonly passphrase: string;
  readonly directory: string;
  /** How many logins there were, and which commands ran, in order. */
  readonly log: { logins: number; readonly commands: string[] };
  /** How many connections are open now. */
  connections(): number;
  close(): Promise<void>;
}

const passphrase = "open sesame";

export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const host = keyPair(options.hostKeyType ?? "ed25519");
  const user = keyPair("ed25519");
  const encrypted = keyPair("ed25519", ["-N", passphrase, "-Z", "aes256-cbc", "-a", "4"]);
  const allowed = [user.public, encrypted.public].map((key) => parse(key).getPublicSSH());
  const directory = await mkdtemp(join(tmpdir(), "ssh-server-"));
  const log: SshServer["log"] = { logins: 0, commands: [] };
  const sockets = new Set<Socket>();

  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection: Connection) => {
    connection.on("authentication", (context) => authenticate(context, allowed, options));
    connection.on("ready", () => {
      log.logins++;
      connection.on("session", (accept) => serveSession(accept(), directory, options.acceptEnvironment ?? [], log));
    });
    connection.on("error", () => undefined);
  });
  (server as unknown as { _srv: { on(event: "connection", listener: (socket: Socket) => void): void } })._srv.on("connection", (socket) => {
    socket.setNoDelay(true); // As sshd does; without it every round trip takes 40 ms.
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: host.public,
    privateKey: user.private,
    encryptedPrivateKey: encrypted.private,
    passphrase,
    directory,
    log,
    connections: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** By OpenSSH: of the ed25519 keys that ssh2 makes, one in some hundreds cannot be read, by itself either. */
export function keyPair(
  type: "ed25519" | "rsa",
  protection: readonly string[] = ["-N", ""],
): { readonly private: string; readonly public: string } {
  const directory = mkdtempSync(join(tmpdir(), "ssh-key-"));
  try {
    const file = join(directory, "key");
    execFileSync("ssh-keygen", ["-q", "-t", type, "-C", "", "-f", file, ...protection], { stdio: ["ignore", "ignore", "inherit"] });
    return { private: readFileSync(file, "utf8"), public: readFileSync(`${file}.pub`, "utf8").trim() };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function parse(key: string): ssh2.ParsedKey {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}

function authenticate(context: AuthContext, allowed: readonly Buffer[], { password, interactive }: SshServerOptions): void {
  if (context.method === "keyboard-interactive" && interactive === true) {
    context.prompt([{ prompt: "Password: ", echo: false }], ([answer]) => {
      if (answer === password) context.accept();
      else context.reject();
    });
  } else if (isAllowed(context, allowed, interactive === true ? undefined : password)) context.accept();
  else if (interactive === true) context.reject(["keyboard-interactive"]);
  else context.reject(password === undefined ? ["publickey"] : ["publickey", "password"]);
}

function isAllowed(context: AuthContext, allowed: readonly Buffer[], password: string | undefined): boolean {
  if (context.method === "password") return context.password === password;
  if (context.method !== "publickey" || !allowed.some((key) => key.equals(context.key.data))) return false;
  const { signature, blob } = context;
  // Without a signature the client only asks whether the key would do.
  if (signature === undefined || blob === undefined) return true;
  return parse(`${context.key.algo} ${context.key.data.toString("base64")}`).verify(blob, signature, context.hashAlgo);
}

function serveSession(session: Session, directory: string, acceptEnvironment: readonly string[], log: SshServer["log"]): void {
  const environment: Record<string, string> = {};
  session.on("env", (accept, reject, { key, val }) => {
    if (!acceptEnvironment.includes(key)) {
      reject();
      return;
    }
    environment[key] = val;
    accept();
  });
  session.on("exec", (accept, reject, { command }) => {
    if (command === "refuse") {
      reject();
      return;
    }
    log.commands.push(command);
    const stream = accept();
    const child = spawn("/bin/sh", ["-c", command], { cwd: directory, env: { PATH: process.env["PATH"], ...environment } });
    stream.pipe(child.stdin);
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (chunk: Buffer) => stream.write(chunk));
    child.stderr.on("data", (chunk: Buffer) => stream.stderr.write(chunk));
    child.once("close", (code, signal) => {
      if (command.includes("# no status")) {
        stream.close();
        return;
      }
      if (signal === null) stream.exit(code ?? 0);
      else stream.exit(signal.replace(/^SIG/, ""), false, "");
      stream.end();
    });
  });
  session.on("sftp", (accept) => serveSftp(accept(), directory));
}
