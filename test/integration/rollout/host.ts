import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildHostBundle } from "../../../components/platform/index.ts";
import { Status, canonicalJson, contractVersion } from "../../../contract/index.ts";
import type { Request, Result } from "../../../contract/index.ts";
import { shell, shellOutput } from "../../../sandbox/index.ts";
import type { SandboxHandle, ServerPlace } from "../../../sandbox/index.ts";

/** How a call of one of the program's entries ended. */
export interface Call {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Last line of standard error. */
  readonly lastLine: string;
}

/** A server that carries the host program and its platform, called as root from inside. */
export interface Host {
  readonly sandbox: SandboxHandle;
  readonly place: ServerPlace;
  call(entry: string, request: Request): Promise<Call>;
  /** `terrace …` as a person types it. */
  type(words: string): Promise<Call>;
  /** A call that must end well. */
  result(entry: string, request: Request): Promise<Result>;
  status(): Promise<Status>;
  /** Standard output of a shell command on the server. */
  shell(command: string, stdin?: string): Promise<string>;
}

export function hostOn(sandbox: SandboxHandle, name: string): Host {
  const place = sandbox.server(name);
  const run = async (command: string, stdin = ""): Promise<Call> => {
    const { exitCode, stdout, stderr } = await shell(place, command, stdin);
    return { exitCode, stdout, stderr, lastLine: stderr.trimEnd().split("\n").at(-1) ?? "" };
  };
  const call = (entry: string, request: Request): Promise<Call> => run(`/opt/terrace/bin/terrace-${entry}`, canonicalJson(request));
  return {
    sandbox,
    place,
    call,
    type: (words) => run(`/opt/terrace/bin/terrace ${words}`),
    result: async (entry, request) => {
      const { exitCode, stdout, stderr } = await call(entry, request);
      if (exitCode !== 0) throw new Error(`${entry} ended with ${exitCode}:\n${stderr}`);
      return JSON.parse(stdout) as Result;
    },
    status: async () => Status.parse(JSON.parse(await shellOutput(place, "/opt/terrace/bin/terrace status --json"))),
    shell: (command, stdin) => shellOutput(place, command, stdin),
  };
}

/** Makes the bare server a platform for `environment`: the program by its bootstrap, registry credentials, certificate, ingress. */
export async function install(host: Host, environment: string, ingressImage: string): Promise<void> {
  const { seed } = host.sandbox;
  const { path, sha256 } = await buildHostBundle({ outputDirectory: join(tmpdir(), "terrace-test-bundle") });
  await host.shell(`cat > /root/upload.cjs`, await readFile(path, "utf8"));
  const bootstrap = await readFile(join(import.meta.dirname, "../../../components/platform/bootstrap.sh"), "utf8");
  await host.shell(`sh -s -- /root/upload.cjs ${sha256}`, bootstrap);
  await host.result("host-secrets", {
    contract: contractVersion,
    request: "host-secrets",
    epoch: 1,
    environment,
    registries: [{ address: seed.registry.host, username: seed.registry.user, password: seed.registry.password }],
    originCertificates: [{ name: "origin", ...seed.origin }],
  });
  await host.result("platform", {
    contract: contractVersion,
    request: "platform",
    epoch: 1,
    program: sha256,
    host: host.place.name,
    environment,
    deployers: [{ environment, publicKey: seed.identities["deploy-staging"].publicKey }],
    operators: [],
    docker: {
      logMaximumSize: "10m",
      logMaximumFiles: 3,
      concurrentDownloads: 10,
      registryAuthorities: { [seed.registry.host]: seed.caCertificate },
    },
    ingress: { kind: "own", image: ingressImage, trustedProxies: [], minimumTlsVersion: "1.2" },
    maintenance: false,
  });
}
