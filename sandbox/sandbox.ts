import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { aptMirror, type AptMirror } from "./aptMirror.ts";
import { bridgeExists, makeBridge } from "./bridge.ts";
import { slotCertificates } from "./ca.ts";
import { registryProgram } from "./registry.ts";
import { createServer, type Server, type ServerStatus } from "./server.ts";
import { mountServerDisk, removeServerDisk } from "./serverDisk.ts";
import { serverRoot } from "./serverRoot.ts";
import { plantSeed, serviceOrder, startServices, type Services } from "./services.ts";
import { readIfPresent, replaceFile } from "./shared/files.ts";
import type { RunningService } from "./shared/service.ts";
import { step } from "./shared/step.ts";
import { environments, serverPlaces, type Address, type Slot } from "./slot.ts";
import { readSeed } from "./seed.ts";
import { prepareSeed } from "./slotSeed.ts";

/** What a person or a test wants to know of a sandbox that runs. */
export interface SandboxStatus {
  readonly slot: number;
  /** Process id. */
  readonly supervisor: number;
  /** Of the sandbox's code that the supervisor has loaded. */
  readonly code: string;
  readonly services: readonly string[];
  readonly servers: readonly ServerStatus[];
}

/** The outside world of one slot, inside the process that holds the slot. */
export interface Sandbox {
  /** Brings up what is not: services, and the servers called `names` besides those that it already has. Can be repeated after a failure. */
  up(names?: readonly string[]): Promise<SandboxStatus>;
  status(): SandboxStatus;
  /** Turns a switch of a service ("servers" for the servers' own). Throws for unknown names, listing the known. */
  control(service: string, name: string, argument: unknown): Promise<unknown>;
  /** Gives a server a new disk and new host keys, as a provider's "rebuild" does, and boots it. */
  rebuild(name: string): Promise<SandboxStatus>;
  /** Shuts the servers down, in order unless `now`, and closes the services. */
  down(now: boolean): Promise<void>;
}

const serverArgument = z.strictObject({ server: z.string() });

/** Makes the sandbox of a slot that the calling process holds, out of the code of version `code`. Nothing runs until `up`. */
export function createSandbox(slot: Slot, code: string): Sandbox {
  const servers = new Map<string, Server>();
  const services: Services = {};
  let mirror: Promise<AptMirror> | undefined;

  const status = (): SandboxStatus => ({
    slot: slot.number,
    supervisor: process.pid,
    code,
    services: serviceOrder
      .filter((name) => services[name] !== undefined)
      .map((name) => (services[name]?.runs?.() === false ? `${name} (down)` : name)),
    servers: [...servers.values()].map((server) => server.status()).sort((a, b) => a.ipv4.localeCompare(b.ipv4, "en", { numeric: true })),
  });

  const theMirror = (): Promise<AptMirror> => {
    mirror ??= aptMirror().catch((error: unknown) => {
      mirror = undefined;
      throw error;
    });
    return mirror;
  };

  const makeServer = async (names: readonly string[], name: string): Promise<Server> => {
    const [certificates, base, { dateChecks }] = await Promise.all([slotCertificates(slot), serverRoot(), theMirror()]);
    const seed = await prepareSeed(slot, names, certificates);
    const place = serverPlaces(slot, names).find((candidate) => candidate.name === name);
    if (place === undefined) throw new Error(`unreachable: no place for server ${name}`);
    const disk = await mountServerDisk({
      slot,
      place,
      base,
      rootKeys: [seed.identities.platform.publicKey],
      caCertificate: certificates.ca.certificate,
      aptDateChecks: dateChecks,
    });
    return createServer(slot, place, disk);
  };

  const up = async (wanted: readonly string[]): Promise<SandboxStatus> => {
    const names = await serverNames(slot, wanted);
    await mkdir(slot.logs, { recursive: true });
    const [certificates, theirMirror] = await Promise.all([
      step("certificates", () => slotCertificates(slot)),
      step("find Debian in this machine's package sources", theMirror),
      serverRoot(),
      registryProgram(),
    ]);
    const seed = await step("keys and passwords of the slot", () => prepareSeed(slot, names, certificates));
    if (!(await bridgeExists(slot))) await step(`bridge ${slot.bridge}, ${slot.subnet.ipv4}`, () => makeBridge(slot));
    const serverAddress = (hostName: string): Address | undefined =>
      [...servers.values()].find((server) => server.place.hostName === hostName)?.place.address;
    await step("services", () => startServices({ slot, seed, certificates, mirror: theirMirror, serverAddress }, services));
    await Promise.all(
      names.map(async (name) => {
        const server = servers.get(name) ?? (await step(`disk of server ${name}`, () => makeServer(names, name)));
        servers.set(name, server);
        if (server.status().state !== "running") await step(`boot server ${name}`, () => server.powerOn());
      }),
    );
    return status();
  };

  const theServer = (name: string): Server => {
    const server = servers.get(name);
    if (server === undefined)
      throw new Error(`server "${name}": is not in this sandbox; it has ${[...servers.keys()].sort().join(", ") || "none"}`);
    return server;
  };

  const serverControls: NonNullable<RunningService["controls"]> = {
    powerOn: (argument) => switchServer(theServer(serverArgument.parse(argument).server), "powerOn"),
    powerOff: (argument) => switchServer(theServer(serverArgument.parse(argument).server), "powerOff"),
    powerCut: (argument) => switchServer(theServer(serverArgument.parse(argument).server), "powerCut"),
    reboot: (argument) => switchServer(theServer(serverArgument.parse(argument).server), "reboot"),
    booted: async (argument) => {
      const { server, boots } = serverArgument.extend({ boots: z.int() }).parse(argument);
      await theServer(server).booted(boots);
      return theServer(server).status();
    },
  };

  // One change at a time: a second "up" finds what the first one made.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };

  return {
    status,
    up: (names = environments) => inTurn(() => up(names)),
    control: async (service, name, argument) => {
      const all: Readonly<Record<string, RunningService["controls"]>> = {
        servers: serverControls,
        ...Object.fromEntries(serviceOrder.map((key) => [key, services[key]?.controls])),
      };
      const controls = all[service];
      const known = Object.entries(all).flatMap(([key, found]) => Object.keys(found ?? {}).map((each) => `${key} ${each}`));
      const control = controls !== undefined && Object.hasOwn(controls, name) ? controls[name] : undefined;
      if (control === undefined) throw new Error(`break: there is no "${service} ${name}"; there are: ${known.join(", ")}`);
      try {
        return await control(argument);
      } catch (error) {
        throw error instanceof z.ZodError ? new Error(`break ${service} ${name}: ${z.prettifyError(error)}`) : error;
      }
    },
    rebuild: (name) =>
      inTurn(async () => {
        const server = theServer(name);
        await step(`rebuild server ${name}`, async () => {
          await server.powerCut();
          servers.delete(name);
          await removeServerDisk(server.place);
          const rebuilt = await makeServer(await serverNames(slot, []), name);
          servers.set(name, rebuilt);
          await plantSeed(await readSeed(slot), services);
          await rebuilt.powerOn();
        });
        return status();
      }),
    down: async (now) => {
      // Not in turn: whoever says "down" during a long "up" means it.
      await step("servers off", () => Promise.all([...servers.values()].map((server) => (now ? server.powerCut() : server.powerOff()))));
      await step("services off", async () => {
        for (const name of [...serviceOrder].reverse()) await services[name]?.close();
      });
    },
  };
}

async function switchServer(server: Server, action: "powerOn" | "powerOff" | "powerCut" | "reboot"): Promise<ServerStatus> {
  await server[action]();
  return server.status();
}

/** The slot's servers: those that it has had, in the order in which they came (their addresses depend on it), then new ones. */
async function serverNames(slot: Slot, wanted: readonly string[]): Promise<readonly string[]> {
  const file = join(slot.directory, "servers.json");
  const known = z.array(z.string()).parse(JSON.parse((await readIfPresent(file)) ?? "[]"));
  const names = [...known, ...wanted.filter((name) => !known.includes(name))];
  serverPlaces(slot, names);
  await replaceFile(file, `${JSON.stringify(names)}\n`);
  return names;
}
