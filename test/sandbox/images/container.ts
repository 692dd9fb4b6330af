import { execa } from "execa";
import { spawn, type ChildProcess } from "node:child_process";
import { chown, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readImageConfig } from "../../../sandbox/images/layout.ts";

/** An image's root file system on disk, and what its configuration says. */
export interface UnpackedImage {
  readonly root: string;
  readonly environment: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly user: number;
  readonly directory: string;
  readonly health: readonly string[];
}

interface StoredConfig {
  readonly config: {
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd?: readonly string[];
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly Healthcheck: { readonly Test: readonly string[] };
  };
}

/** Unpacks an OCI layout's layers into `root`, lowest first, with the removals that upper layers ask for. */
export async function unpackImage(layout: string, root: string): Promise<UnpackedImage> {
  await mkdir(root, { recursive: true, mode: 0o755 });
  const blob = (digest: string): string => join(layout, "blobs", "sha256", digest.replace("sha256:", ""));
  const index = JSON.parse(await readFile(join(layout, "index.json"), "utf8")) as { manifests: [{ digest: string }] };
  const manifest = JSON.parse(await readFile(blob(index.manifests[0].digest), "utf8")) as { layers: { digest: string }[] };
  for (const { digest } of manifest.layers) {
    const { stdout } = await execa("tar", ["--list", "--gzip", "--file", blob(digest)]);
    const removed = stdout.split("\n").filter((name) => /(^|\/)\.wh\./.test(name));
    if (removed.some((name) => name.endsWith(".wh..wh..opq")))
      throw new Error(`${layout}: a layer hides a folder, which this test cannot do`);
    for (const name of removed) await rm(join(root, name.replace(/(^|\/)\.wh\.([^/]+)$/, "$1$2")), { recursive: true });
    await execa("tar", [
      "--extract",
      "--gzip",
      "--numeric-owner",
      "--same-permissions",
      "--exclude=.wh.*",
      "--file",
      blob(digest),
      "--directory",
      root,
    ]);
  }
  const { config } = (await readImageConfig(layout)) as StoredConfig;
  return {
    root,
    environment: config.Env,
    entrypoint: config.Entrypoint,
    command: config.Cmd ?? [],
    user: Number(config.User?.split(":")[0] ?? "0"),
    directory: config.WorkingDir ?? "/",
    health: config.Healthcheck.Test.slice(1),
  };
}

export interface ContainerOptions {
  readonly image: UnpackedImage;
  /** @default "container" */
  readonly hostName?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Instead of the image's. */
  readonly command?: readonly string[];
  /** Folders of this machine by path inside; an empty one is given to the image's user, as Docker gives a new volume. */
  readonly volumes?: Readonly<Record<string, string>>;
  readonly tmpfs?: readonly string[];
}

/** A program running in an image's root file system, which is read-only, as its user. */
export class Container {
  readonly #outer: ChildProcess;
  readonly #image: UnpackedImage;
  readonly #environment: readonly string[];
  /** Everything it said. */
  output = "";
  readonly exited: Promise<number | NodeJS.Signals>;

  private constructor(image: UnpackedImage, environment: readonly string[], argumentsOfScript: readonly string[]) {
    this.#image = image;
    this.#environment = environment;
    const namespaces = ["--mount", "--pid", "--uts", "--fork", "--kill-child"];
    this.#outer = spawn("unshare", [...namespaces, join(import.meta.dirname, "container.sh"), ...argumentsOfScript], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#outer.stdout, this.#outer.stderr]) stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = new Promise((resolve, reject) => {
      this.#outer.once("error", reject);
      this.#outer.once("close", (code, signal) => resolve(code ?? signal ?? "SIGKILL"));
    });
  }

  static async start(options: ContainerOptions): Promise<Container> {
    const { image, hostName = "container", command = image.command, volumes = {}, tmpfs = [] } = options;
    for (const folder of Object.values(volumes)) await chown(folder, image.user, image.user);
    const environment = [...image.environment, ...Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`)];
    return new Container(image, environment, [
      ...[hostName, image.root, image.directory, String(image.user), String(image.user)],
      ...tmpfs.flatMap((path) => ["tmpfs", path]),
      ...Object.entries(volumes).flatMap(([path, folder]) => ["bind", folder, path]),
      ...environment.flatMap((variable) => ["env", variable]),
      ...["--", ...image.entrypoint, ...command],
    ]);
  }

  /** Process id, in the machine's numbering, of the container's first process. */
  async pid(): Promise<number> {
    const parent = String(this.#outer.pid);
    const children = await readFile(`/proc/${parent}/task/${parent}/children`, "utf8").catch(() => "");
    const pid = Number(children.trim());
    if (!(pid > 0)) throw new Error(`container: has no process; it said:\n${this.output}`);
    return pid;
  }

  /** Runs a program inside, as the image's user with the container's variables. */
  async run(command: readonly string[]): Promise<{ readonly exitCode: number | undefined; readonly output: string }> {
    const enter = [
      "-t",
      String(await this.pid()),
      "--mount",
      "--pid",
      "--root",
      "--wd",
      "--setgid",
      String(this.#image.user),
      "--setuid",
      String(this.#image.user),
    ];
    const result = await execa("env", ["-i", ...this.#environment, "/usr/bin/nsenter", ...enter, "--", ...command], {
      reject: false,
      all: true,
    });
    return { exitCode: result.exitCode, output: result.all };
  }

  /** What the image's health check says. */
  async healthy(): Promise<boolean> {
    return (await this.run(this.#image.health)).exitCode === 0;
  }

  /** Throws with what the container said when it has ended. */
  assertRunning(): void {
    const { exitCode, signalCode } = this.#outer;
    const how = exitCode ?? signalCode;
    if (how !== null) throw new Error(`container: ended with ${how}; it said:\n${this.output}`);
  }

  /** Waits until the health check passes. Rejects with what the container said when it ends instead, or after a minute. */
  async untilHealthy(): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (performance.now() < deadline) {
      this.assertRunning();
      if (await this.healthy().catch(() => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`container: not healthy after a minute; it said:\n${this.output}`);
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(), name);
  }

  /** Ends it at once, if it still runs. */
  async remove(): Promise<void> {
    const pid = await this.pid().catch(() => undefined);
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    await this.exited;
  }
}

/** A folder that is gone, with everything in it, when the test's process calls `remove`. */
export async function temporaryFolder(): Promise<{ readonly path: string; make(name: string): Promise<string>; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "terrace-images-"));
  return {
    path,
    make: async (name) => {
      const folder = join(path, name);
      await mkdir(folder, { recursive: true, mode: 0o755 });
      return folder;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
