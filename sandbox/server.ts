import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { removeCable } from "./bridge.ts";
import { killControlGroup } from "./controlGroup.ts";
import { startNspawn, type Nspawn, type NspawnEnd } from "./nspawn.ts";
import type { ServerDisk } from "./serverDisk.ts";
import { shellOutput, writeLeader } from "./serverShell.ts";
import type { ServerPlace, Slot } from "./slot.ts";
import { sshReady } from "./sshReady.ts";

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
  /** Resolves when the server runs and has booted at least `count` times since the sandbox came up; throws when it goes off instead. */
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
  let nspawn: Nspawn | undefined;
  /** The boot under way, or the last one. */
  let ready: Promise<void> = Promise.resolve();
  /** Called at each change from or to "running" or "off". */
  const waiters: (() => void)[] = [];

  const become = (next: ServerState, why?: string): void => {
    state = next;
    note = why;
    if (next !== "running") leader = undefined;
    if (next === "running" || next === "off") for (const waiter of waiters.splice(0)) waiter();
  };

  /** Takes away what is left of the last boot, running or not. */
  const clear = async (): Promise<void> => {
    await killControlGroup(group);
    await removeCable(place);
    await rm(join(place.directory, "leader.json"), { force: true });
  };

  const boot = async (): Promise<void> => {
    become("booting");
    await clear();
    const started = await startNspawn({ slot, place, disk, group, console });
    nspawn = started;
    const gone = new AbortController();
    const ended = started.ended.then((end) => {
      gone.abort(new Error(end.kind === "cut" ? end.how : `systemd-nspawn ended: ${end.kind}`));
      if (nspawn === started) nspawn = undefined;
      return end;
    });
    try {
      await sshReady(place.address.ipv4, AbortSignal.any([gone.signal, AbortSignal.timeout(bootSeconds * 1000)]));
      leader = await started.leader();
      await writeLeader(place, leader);
    } catch (cause) {
      await clear();
      await ended;
      const message = `server ${place.name}: SSH did not answer at ${place.address.ipv4}; its console ends with:\n${started.lastWords()}`;
      become("off", "did not boot");
      throw new Error(message, { cause });
    }
    boots += 1;
    become("running");
    void ended.then(afterwards);
  };

  /** The only place that decides what the end of a server that ran means. */
  const afterwards = (end: NspawnEnd): void => {
    if (state === "stopping") become("off");
    else if (end.kind === "reboot") {
      ready = boot();
      // Whoever waits for the boot gets the error too; nobody may.
      ready.catch((error: unknown) => console.write(`${String(error)}\n`));
    } else become("off", end.kind === "halt" ? "shut itself down" : `lost power (${end.how})`);
  };

  const stop = async (how: (running: Nspawn) => void | Promise<void>): Promise<void> => {
    const running = nspawn;
    if (running !== undefined) {
      state = "stopping";
      await how(running);
      await running.ended;
      // A boot that this has cut off tells so to those who wait for it.
      await ready.catch(() => undefined);
    }
    await clear();
    become("off");
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
    powerOn: async () => {
      if (state === "stopping") throw new Error(`server ${place.name}: is shutting down; wait until it is off`);
      if (state === "off") ready = boot();
      await ready;
    },
    powerOff: () =>
      stop(async (running) => {
        running.halt();
        const plug = setTimeout(() => void killControlGroup(group), shutdownSeconds * 1000);
        await running.ended;
        clearTimeout(plug);
      }),
    powerCut: () => stop(() => killControlGroup(group)),
    reboot: async () => {
      const running = nspawn;
      if (running === undefined || state !== "running") throw new Error(`server ${place.name}: is ${state}; boot it first`);
      const next = boots + 1;
      await shellOutput(place, "systemctl reboot");
      await running.ended;
      await untilBooted(next);
    },
    booted: (count) => untilBooted(count),
  };

  async function untilBooted(count: number): Promise<void> {
    while (state !== "running" || boots < count) {
      if (state === "off") throw new Error(`server ${place.name}: is off${note === undefined ? "" : `, it ${note}`}`);
      await new Promise<void>((resolve) => waiters.push(resolve));
    }
  }
}
