import { execFile } from "node:child_process";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { buildHostBundle } from "../../../components/platform/index.ts";
import { contractVersion } from "../../../contract/index.ts";
import type { HostSecretsRequest, PlatformRequest } from "../../../contract/index.ts";
import { ask } from "../../../sandbox/control.ts";
import { downSandbox, shell, upSandbox } from "../../../sandbox/index.ts";
import type { SandboxHandle, ShellResult } from "../../../sandbox/index.ts";
import { pushedReferences } from "../../../sandbox/images/publish.ts";
import { hostOn } from "../rollout/host.ts";
import type { Host } from "../rollout/host.ts";

export interface PlatformWorld {
  readonly sandbox: SandboxHandle;
  readonly host: Host;
  /** Pinned reference by `repository:tag`. */
  readonly images: ReadonlyMap<string, string>;
  /** SHA-256 of the host program. */
  readonly program: string;
  /** Runs the bootstrap as root inside the server; `wrap` goes before the shell's name, in its command line. */
  bootstrap(upload: string, sha256: string, wrap?: string): Promise<ShellResult>;
  /** Uploads the host program to a path on the server. */
  upload(path: string): Promise<void>;
  /** Runs a command over SSH with a private key, as a stranger to the server would. */
  ssh(user: string, privateKey: string, command: string, stdin?: string): Promise<ShellResult>;
  platformRequest(change?: Partial<PlatformRequest>): PlatformRequest;
  hostSecrets(change?: Partial<HostSecretsRequest>): HostSecretsRequest;
  /** Pulls the server's plug and switches it on again. */
  cutPower(): Promise<void>;
  /** Gives the server a new disk: as bare as it was ordered. */
  rebuild(): Promise<void>;
}

const imageNames = ["terrace/traefik:v3", "truealpha/redis:8"] as const;
const server = "platform";

/** A server of the tests' own, as it is: bare at first, later what a test made of it. */
export async function platformWorld(): Promise<PlatformWorld> {
  const sandbox = await upSandbox({ purpose: "test", servers: [server], onLine: () => undefined });
  const images = await pushedReferences(sandbox, imageNames);
  const host = hostOn(sandbox, server);
  const bundle = await buildHostBundle({ outputDirectory: join(tmpdir(), "terrace-test-bundle") });
  const script = await readFile(join(import.meta.dirname, "../../../components/platform/bootstrap.sh"), "utf8");
  const { seed } = sandbox;
  return {
    sandbox,
    host,
    images,
    program: bundle.sha256,
    bootstrap: (upload, sha256, wrap = "") => shell(host.place, `${wrap} sh -s -- ${upload} ${sha256}`, script),
    upload: async (path) => {
      await host.shell(`cat > ${path}`, await readFile(bundle.path, "utf8"));
    },
    ssh: (user, privateKey, command, stdin = "") => ssh(host.place.address.ipv4, user, privateKey, command, stdin),
    platformRequest: (change = {}) => ({
      contract: contractVersion,
      request: "platform",
      epoch: 1,
      program: bundle.sha256,
      host: server,
      environment: "staging",
      deployers: [
        { environment: "staging", publicKey: seed.identities["deploy-staging"].publicKey },
        { environment: "prod", publicKey: seed.identities["deploy-prod"].publicKey },
      ],
      operators: [{ name: "olga", publicKeys: [seed.identities["deploy-test"].publicKey] }],
      docker: {
        logMaximumSize: "10m",
        logMaximumFiles: 3,
        concurrentDownloads: 6,
        registryAuthorities: { [seed.registry.host]: seed.caCertificate },
      },
      ingress: { kind: "own", image: images.get("terrace/traefik:v3") ?? "", trustedProxies: [], minimumTlsVersion: "1.2" },
      maintenance: false,
      ...change,
    }),
    hostSecrets: (change = {}) => ({
      contract: contractVersion,
      request: "host-secrets",
      epoch: 1,
      environment: "staging",
      registries: [{ address: seed.registry.host, username: seed.registry.user, password: seed.registry.password }],
      originCertificates: [{ name: "origin", ...seed.origin }],
      ...change,
    }),
    cutPower: () => cutPower(sandbox),
    rebuild: async () => {
      await ask(sandbox.slot, { verb: "rebuild", server }, () => undefined);
    },
  };
}

/** Makes the server a platform; nothing is touched where it is one. */
export async function install(world: PlatformWorld): Promise<void> {
  await world.upload("/root/upload.cjs");
  const bootstrapped = await world.bootstrap("/root/upload.cjs", world.program);
  if (bootstrapped.exitCode !== 0) throw new Error(`the bootstrap ended with ${bootstrapped.exitCode}: ${bootstrapped.stderr}`);
  await world.host.result("host-secrets", world.hostSecrets());
  await world.host.result("platform", world.platformRequest());
}

export async function endPlatformWorld(): Promise<void> {
  await downSandbox({ purpose: "test", now: true, onLine: () => undefined });
}

/**
 * The kernel takes the network of a killed server away some moments after its last process, and until then the server cannot be switched on
 * again: its interface would be there twice.
 */
async function cutPower(sandbox: SandboxHandle): Promise<void> {
  const interfaces = async (): Promise<number> => (await readdir(`/sys/class/net/${sandbox.slot.bridge}/brif`)).length;
  const before = await interfaces();
  await sandbox.control("servers", "powerCut", { server });
  const end = Date.now() + 30_000;
  while ((await interfaces()) >= before) {
    if (Date.now() > end) throw new Error("the network interface of the server is still there 30 s after its power was cut");
    await pause(50);
  }
  await sandbox.control("servers", "powerOn", { server });
}

async function ssh(address: string, user: string, privateKey: string, command: string, stdin: string): Promise<ShellResult> {
  const key = join(tmpdir(), `terrace-key-${process.pid}-${Math.random().toString(36).slice(2)}`);
  await writeFile(key, privateKey, { mode: 0o600 });
  // The host key is not what these tests are about, and a rebuilt server has another one.
  const options = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no"];
  const parameters = [...options, "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-i", key, `${user}@${address}`, command];
  try {
    return await new Promise((resolve, reject) => {
      const child = execFile("ssh", parameters, { maxBuffer: 64_000_000 }, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : error.code;
        if (typeof exitCode === "number") resolve({ exitCode, stdout, stderr });
        else reject(new Error("ssh could not be started", { cause: error }));
      });
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(stdin);
    });
  } finally {
    await rm(key);
  }
}
