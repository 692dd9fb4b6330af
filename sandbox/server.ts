import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { killControlGroup, makeControlGroup } from "./controlGroup.ts";
import type { ServerDisk } from "./serverDisk.ts";
import { droppedCapabilities, shellOutput, writeLeader } from "./serverShell.ts";
import type { ServerPlace, Slot } from "./slot.ts";
import { sshReady } from "./sshReady.ts";

/** systemd-nspawn's exit code for "the server asked for a reboot" when it may not register with systemd-machined. */
const rebootRequested = 133;
const bootSeconds = 60;
const shutdownSeconds = 30;

export type ServerState = "off" | "booting" | "running" | "stopping";

export interface ServerStatus {
  readonly name: string;
  readonly state: ServerState;
  readonly ipv4: string;
  readonly ipv6: string;
  /** Process id, on the machine, of the server's own process 1; absent unless running. */
  readonly leader?: number;
  /** Boots since the sandbox came up. */
  readonly boots: number;
  /** Why it is off, when nobody asked for it. */
  readonly note?: string;
}

/** A server that can be switched on and off like a real one. */
export interface Server {
  readonly place: ServerPlace;
  status(): ServerStatus;
  /** Boots, and resolves when SSH answers. Does nothing when it runs. Throws with the console's last lines when it does not come up. */
  powerOn(): Promise<void>;
  /** Shuts down in order; after 30 s the plug is pulled. */
  powerOff(): Promise<void>;
  /** Pulls the plug: every process of the server is gone at once and nothing is flushed. */
  powerCut(): Promise<void>;
  /** Asks the server's systemd for a reboot and resolves when SSH answers again. */
  reboot(): Promise<void>;
  /** Resolves when the server runs and has booted at least `count` times since the sandbox came up. */
  booted(count: number): Promise<void>;
}

/** Makes a server out of a mounted disk. It is off at first. */
export function createServer(slot: Slot, place: ServerPlace, disk: ServerDisk): Server {
  const group = join(slot.controlGroup, `server-${place.name}`);
  const console = createWriteStream(join(slot.logs, `console-${place.name}.log`), { flags: "a" });
  let state: ServerState = "off";
  let boots = 0;
  let note: string | undefined;
  let leader: number | undefined;
  let nspawn: { readonly process: ChildProcess; readonly exited: Promise<void> } | undefined;
  let ready: Promise<void> = Promise.resolve();
  const waiters: (() => void)[] = [];

  const boot = async (): Promise<void> => {
    state = "booting";
    note = undefined;
    leader = undefined;
    const memberships = await makeControlGroup(group);
    const child = spawn(
      "sh",
      [
        "-c",
        'for f in $groups; do echo $$ > "$f"; done; unset groups; exec systemd-nspawn "$@"',
        "sh",
        ...nspawnArguments(slot, place, disk),
      ],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1", groups: memberships.join(" ") },
      },
    );
    const lastLines: string[] = [];
    for (const output of [child.stdout, child.stderr]) {
      output.pipe(console, { end: false });
      output.on("data", (data: Buffer) => {
        lastLines.push(data.toString());
        if (lastLines.length > 40) lastLines.shift();
      });
    }
    const gone = new AbortController();
    const exited = new Promise<void>((resolve) => {
      child.once("exit", (code, signal) => {
        gone.abort(new Error(`systemd-nspawn ended with ${code ?? signal}`));
        resolve();
        ended(code, signal);
      });
    });
    nspawn = { process: child, exited };
    try {
      await sshReady(place.address.ipv4, AbortSignal.any([gone.signal, AbortSignal.timeout(bootSeconds * 1000)]));
      leader = await leaderOf(child);
    } catch (error) {
      const shown = lastLines.join("").trimEnd().split("\n").slice(-20).join("\n");
      throw new Error(`server ${place.name}: SSH did not answer at ${place.address.ipv4}; its console ends with:\n${shown}`, {
        cause: error,
      });
    }
    await writeLeader(place, leader);
    boots += 1;
    state = "running";
    for (const waiter of waiters.splice(0)) waiter();
  };

  /** The only place that decides what the end of a boot means. */
  const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
    nspawn = undefined;
    leader = undefined;
    const asked = state === "stopping";
    state = "off";
    if (asked) return;
    if (code === rebootRequested) {
      ready = forget().then(boot);
      ready.catch((error: unknown) => {
        note = `did not come back from a reboot: ${String(error)}`;
      });
    } else note = code === 0 ? "shut itself down" : `lost power (systemd-nspawn ended with ${code ?? signal})`;
  };

  const forget = async (): Promise<void> => {
    await killControlGroup(group);
    await rm(join(place.directory, "leader.json"), { force: true });
  };

  return {
    place,
    status: () => ({
      name: place.name,
      state,
      ...place.address,
      boots,
      ...(leader === undefined ? {} : { leader }),
      ...(note === undefined ? {} : { note }),
    }),
    reboot: async () => {
      const running = nspawn;
      if (running === undefined || state !== "running") throw new Error(`server ${place.name}: is ${state}; boot it first`);
      await shellOutput(place, "systemctl reboot");
      await running.exited;
      await ready;
    },
    booted: async (count) => {
      while (state !== "running" || boots < count) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    powerOn: async () => {
      if (state === "off") ready = forget().then(boot);
      await ready;
    },
    powerOff: async () => {
      const running = nspawn;
      if (running !== undefined) {
        state = "stopping";
        // With --boot, systemd-nspawn answers SIGTERM by asking the server's systemd to halt.
        running.process.kill("SIGTERM");
        const plug = setTimeout(() => void killControlGroup(group), shutdownSeconds * 1000);
        await running.exited;
        clearTimeout(plug);
      }
      await forget();
    },
    powerCut: async () => {
      const running = nspawn;
      state = "stopping";
      await killControlGroup(group);
      await running?.exited;
      state = "off";
      await forget();
    },
  };
}

function nspawnArguments(slot: Slot, place: ServerPlace, disk: ServerDisk): readonly string[] {
  return [
    "--quiet",
    "--boot",
    `--directory=${disk.root}`,
    `--machine=${place.machine}`,
    `--hostname=${place.name}`,
    `--network-bridge=${slot.bridge}`,
    // Docker and nftables inside need nearly everything; the clock belongs to the whole machine.
    "--capability=all",
    ...droppedCapabilities.map((name) => `--drop-capability=CAP_${name.toUpperCase()}`),
    "--system-call-filter=@keyring bpf",
    "--register=no",
    "--keep-unit",
    `--bind=${disk.dockerDirectory}:/var/lib/docker`,
    "--console=pipe",
    "--resolv-conf=off",
    "--timezone=off",
    "--link-journal=no",
  ];
}

/** systemd-nspawn has one child: the server's process 1. */
async function leaderOf(child: ChildProcess): Promise<number> {
  const children = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")).trim().split(" ");
  const pid = Number(children[0]);
  if (children.length !== 1 || !Number.isInteger(pid) || pid <= 1)
    throw new Error(`systemd-nspawn: expected one child, found "${children.join(" ")}"`);
  return pid;
}
