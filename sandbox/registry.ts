import { hash } from "bcryptjs";
import { execa } from "execa";
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stringify } from "yaml";
import { pairPaths } from "./ca.ts";
import { cached, cacheKey } from "./shared/cache.ts";
import { replaceFile, writePrivateFile } from "./shared/files.ts";
import type { RunningService } from "./shared/service.ts";
import { step } from "./shared/step.ts";
import type { Slot } from "./slot.ts";

/** Debian's package of the CNCF distribution registry. */
const packageName = "docker-registry";

/** The registry computes it at every request, and the password is random: the least that bcrypt knows is enough. */
const hashCost = 4;

export interface RegistryOptions {
  readonly slot: Slot;
  readonly user: string;
  readonly password: string;
}

/** Path of the registry program, taken out of Debian's package: installing it would start a service on the machine. */
export async function registryProgram(): Promise<string> {
  const release = /^VERSION_CODENAME=(\S+)$/m.exec(await readFile("/etc/os-release", "utf8"))?.[1] ?? "unknown";
  const entry = await cached(packageName, cacheKey(release), (temporary) =>
    step(`${packageName} from Debian's package`, () => unpack(temporary)),
  );
  return join(entry, "usr", "bin", "docker-registry");
}

async function unpack(directory: string): Promise<void> {
  const download = join(directory, "download");
  await mkdir(download);
  // APT::Sandbox::User: the unprivileged user that apt would download as may not write here.
  const options = ["download", "-q", "-o", "APT::Sandbox::User=root", packageName];
  const first = await execa("apt-get", options, { cwd: download, reject: false, stdin: "ignore" });
  if (first.failed) {
    await execa("apt-get", ["update", "-q"], { stdio: ["ignore", "ignore", "inherit"] });
    await execa("apt-get", options, { cwd: download, stdin: "ignore" });
  }
  const [file] = await readdir(download);
  if (file === undefined) throw new Error(`apt-get download ${packageName}: ended well but left no file`);
  await execa("dpkg-deb", ["--extract", join(download, file), directory]);
  await rm(download, { recursive: true });
}

/**
 * Starts the registry at the slot's address, port 443. Controls: `outage` stops it (connections are refused), `restore` starts it again.
 * Its storage stays over `down` and `up`.
 */
export async function startRegistry(options: RegistryOptions): Promise<RunningService> {
  const { slot } = options;
  const directory = join(slot.directory, "registry");
  const program = await registryProgram();
  await mkdir(join(directory, "storage"), { recursive: true });
  await writePrivateFile(join(directory, "htpasswd"), `${options.user}:${await hash(options.password, hashCost)}\n`);
  await replaceFile(join(directory, "config.yml"), stringify(registryConfiguration(slot, directory)));
  let running = await launch(program, slot, directory);
  const stop = async (): Promise<void> => {
    await running.relay.close();
    running.process.kill("SIGTERM");
    await running.exited;
  };
  const runs = (): boolean => running.process.exitCode === null && running.process.signalCode === null;
  return {
    close: stop,
    runs,
    controls: {
      outage: async () => {
        await stop();
        return { registry: "down" };
      },
      restore: async () => {
        if (!runs()) {
          await running.relay.close();
          running = await launch(program, slot, directory);
        }
        return { registry: "up" };
      },
    },
  };
}

/** Configuration of `distribution`: https://distribution.github.io/distribution/about/configuration/ */
export function registryConfiguration(slot: Slot, directory: string): Record<string, unknown> {
  return {
    version: "0.1",
    log: { level: "info", formatter: "json", accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(directory, "storage") }, delete: { enabled: true } },
    http: {
      addr: `${slot.registry.ipv4}:443`,
      secret: randomBytes(16).toString("hex"),
      tls: { certificate: pairPaths(slot, "registry").certificate, key: pairPaths(slot, "registry").privateKey, minimumtls: "tls1.2" },
      headers: { "X-Content-Type-Options": ["nosniff"] },
    },
    auth: { htpasswd: { realm: "Terrace sandbox registry", path: join(directory, "htpasswd") } },
  };
}

interface Launched {
  readonly process: ChildProcess;
  readonly relay: Relay;
  readonly exited: Promise<void>;
}

/** Starts the program and waits until it says that it listens. */
async function launch(program: string, slot: Slot, directory: string): Promise<Launched> {
  const child = spawn(program, ["serve", join(directory, "config.yml")], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/bin:/bin" },
    cwd: directory,
  });
  const exited = new Promise<void>((resolve, reject) => {
    child.once("exit", () => resolve());
    child.once("error", reject);
  });
  child.stdout.pipe(createWriteStream(join(slot.logs, "registry-access.log"), { flags: "a" }));
  child.stderr.pipe(createWriteStream(join(slot.logs, "registry.jsonl"), { flags: "a" }));
  const lines: string[] = [];
  const listening = new Promise<true>((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (lines.push(line) > 20) lines.shift();
      if (line.includes('"msg":"listening on ')) resolve(true);
    });
  });
  if ((await Promise.race([listening, exited])) !== true) {
    throw new Error(`registry: ended with ${child.exitCode ?? child.signalCode} before it listened; its last words:\n${lines.join("\n")}`);
  }
  return { process: child, exited, relay: await startRelay(slot.registry.ipv6, slot.registry.ipv4) };
}

interface Relay {
  close(): Promise<void>;
}

/** The registry listens at one address only; this hands on what comes to port 443 of the other family's. */
async function startRelay(from: string, to: string): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(443, to);
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket);
      socket.once("error", () => other.destroy());
      socket.once("close", () => sockets.delete(socket));
      socket.pipe(other);
    }
  });
  server.listen(443, from);
  await once(server, "listening");
  return {
    close: async () => {
      if (!server.listening) return;
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
