import { codeVersion } from "./codeVersion.ts";
import { ask, NotRunning } from "./control.ts";
import { installPrerequisites } from "./prerequisites.ts";
import type { SandboxStatus } from "./sandbox.ts";
import { readSeed, type Seed } from "./seed.ts";
import { serverPlaces, slotOf, ownerHere, type ServerPlace, type Slot, type SlotOwner } from "./slot.ts";
import { claimSlot, ownSlot, releaseSlot } from "./slotOwner.ts";
import { startSupervisor, sweepSlot } from "./startSupervisor.ts";

export type { SandboxStatus } from "./sandbox.ts";
export type { Seed, ServerSeed, SshIdentity } from "./seed.ts";
export { environments, type Environment, type ServerPlace, type Slot } from "./slot.ts";
export { shell, shellOutput, sshConnections, sshLogins, type ShellResult, type SshLogin } from "./serverShell.ts";

/** A sandbox that is up: everything a test or a command needs to use it. */
export interface SandboxHandle {
  readonly slot: Slot;
  /** Addresses, key pairs, passwords, tokens. */
  readonly seed: Seed;
  readonly status: SandboxStatus;
  /** Name, address and paths of a server. Throws for one that the sandbox does not have. */
  server(name: string): ServerPlace;
  /** Turns a switch of a service, as `npm run sandbox -- break` does. */
  control(service: string, control: string, argument?: unknown): Promise<unknown>;
}

export interface UpOptions {
  /** The slot to use; this checkout's own for the purpose when left out. */
  readonly slot?: number;
  /** Tests have a slot beside the one that a person works in. @default "main" */
  readonly purpose?: SlotOwner["purpose"];
  /** Names of servers. @default staging, test, prod */
  readonly servers?: readonly string[];
  /** Takes the lines of progress. @default standard error */
  readonly onLine?: (line: string) => void;
}

/** Brings a sandbox up, or what is missing of it. Quick and without effect when all of it runs. */
export async function upSandbox(options: UpOptions = {}): Promise<SandboxHandle> {
  await installPrerequisites();
  const slot = await claimSlot(ownerHere(options.purpose), options.slot);
  await startSupervisor(slot);
  const onLine = options.onLine ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const request = options.servers === undefined ? { verb: "up" as const } : { verb: "up" as const, servers: [...options.servers] };
  const status = (await ask(slot, request, onLine)) as SandboxStatus;
  if (status.code !== (await codeVersion()))
    onLine(" !  this sandbox runs other code than the checkout holds now; down and up again loads it");
  return handle(slot, status);
}

/** The sandbox of this checkout (or of a slot) as it runs now. Throws `NotRunning` when it is down. */
export async function runningSandbox(options: Pick<UpOptions, "slot" | "purpose"> = {}): Promise<SandboxHandle> {
  const slot = await findSlot(options);
  return handle(slot, (await ask(slot, { verb: "status" })) as SandboxStatus);
}

export interface DownOptions extends Pick<UpOptions, "slot" | "purpose" | "onLine"> {
  /** Pulls the servers' plugs instead of shutting them down. @default false */
  readonly now?: boolean;
  /** Removes the slot's state as well: disks, registry, records, keys. @default false */
  readonly reset?: boolean;
}

/** Takes a sandbox down and returns when no process, mount or interface of it is left. Without effect when it is down already. */
export async function downSandbox(options: DownOptions = {}): Promise<void> {
  const slot = options.slot === undefined ? await ownSlot(ownerHere(options.purpose)) : slotOf(options.slot);
  if (slot === undefined) return;
  try {
    await ask(slot, { verb: "down", now: options.now ?? false }, options.onLine ?? ((line) => void process.stderr.write(`${line}\n`)));
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
  }
  await sweepSlot(slot);
  if (options.reset === true) await releaseSlot(slot);
}

/** The slot that options mean. Throws when this checkout has none. */
export async function findSlot(options: Pick<UpOptions, "slot" | "purpose">): Promise<Slot> {
  if (options.slot !== undefined) return slotOf(options.slot);
  const slot = await ownSlot(ownerHere(options.purpose));
  if (slot === undefined) throw new NotRunning('sandbox: this checkout has none yet; run "npm run sandbox -- up"');
  return slot;
}

async function handle(slot: Slot, status: SandboxStatus): Promise<SandboxHandle> {
  const seed = await readSeed(slot);
  // Places depend on the order in which the servers came, which the seed keeps.
  const places = serverPlaces(slot, Object.keys(seed.servers));
  return {
    slot,
    seed,
    status,
    server: (name) => {
      const place = places.find((candidate) => candidate.name === name);
      if (place === undefined)
        throw new Error(`server "${name}": is not in this sandbox; it has ${places.map((each) => each.name).join(", ")}`);
      return place;
    },
    control: (service, control, argument) => ask(slot, { verb: "break", service, control, argument }),
  };
}
