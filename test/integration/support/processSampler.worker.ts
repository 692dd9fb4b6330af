/** Looks at every process of the machine, again and again, for secrets in its command line and environment. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { type Secret, scannerFor } from "./secretScanner.ts";

export interface SampledSecret {
  readonly secret: string;
  readonly form: string;
  readonly where: "cmdline" | "environ";
  /** Its arguments, with blanks between them. */
  readonly command: string;
  /** Whether it runs on this machine itself, and not on a server. */
  readonly onLaptop: boolean;
  readonly controlGroup: string;
}

const { secrets, stop } = workerData as { readonly secrets: readonly Secret[]; readonly stop: SharedArrayBuffer };
const stopped = new Int32Array(stop);
const scanner = scannerFor(secrets);
const here = readlinkSync("/proc/self/ns/pid");
const told = new Set<string>();
/** Text of a process as it was last seen: most do not change, and need not be searched again. */
const known = new Map<string, Buffer>();

let sweeps = 0;
while (Atomics.load(stopped, 0) === 0) {
  for (const pid of readdirSync("/proc")) if (/^\d+$/.test(pid)) look(pid);
  sweeps += 1;
  // Between two looks the rest of the machine has its turn.
  Atomics.wait(stopped, 0, 0, 5);
}
parentPort?.postMessage({ sweeps });

function look(pid: string): void {
  // Before what is searched: a process that ends meanwhile must not be without a name.
  const before = { command: commandOf(pid), controlGroup: controlGroupOf(pid), onLaptop: namespaceOf(pid) === here };
  for (const where of ["cmdline", "environ"] as const) {
    const text = read(`/proc/${pid}/${where}`);
    const key = `${pid} ${where}`;
    if (text === undefined || text.length === 0 || known.get(key)?.equals(text) === true) continue;
    known.set(key, text);
    const found = scanner.scan(text);
    if (found.length === 0) continue;
    // And once more: it may have become another program in between.
    const [command, controlGroup] = [commandOf(pid) || before.command, controlGroupOf(pid) || before.controlGroup];
    for (const { secret, form } of found) tell({ secret, form, where, command, controlGroup, onLaptop: before.onLaptop });
  }
}

function tell(sampled: SampledSecret): void {
  const key = JSON.stringify(sampled);
  if (told.has(key)) return;
  told.add(key);
  parentPort?.postMessage(sampled);
}

function commandOf(pid: string): string {
  return read(`/proc/${pid}/cmdline`)?.toString().replaceAll("\0", " ").trim() ?? "";
}

function controlGroupOf(pid: string): string {
  return read(`/proc/${pid}/cgroup`)?.toString().trim() ?? "";
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return "";
  }
}

/** A process that has ended meanwhile has nothing to read. */
function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
