import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, watch, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Mount points of the control group hierarchies that the sandbox uses. */
export interface ControlGroupMounts {
  /** cgroup v2: alone, or beside the v1 hierarchies ("hybrid"). */
  readonly unified: string;
  /** The named v1 hierarchy in which systemd keeps track of units; absent on machines with v2 only. */
  readonly named: string | undefined;
}

/** Finds the mount points in the text of `/proc/self/mountinfo`. Throws when the machine has no cgroup v2. */
export function controlGroupMounts(mountInfo: string): ControlGroupMounts {
  const mounts = mountInfo
    .split("\n")
    .filter((line) => line.includes(" - "))
    .map((line) => {
      const [before = "", after = ""] = line.split(" - ");
      const [type = "", , options = ""] = after.split(" ");
      return { path: before.split(" ")[4] ?? "", type, options };
    });
  const unified = mounts.find((mount) => mount.type === "cgroup2")?.path;
  if (unified === undefined)
    throw new Error("control groups: this machine has no cgroup v2 mount (neither unified nor hybrid); Debian 12 has one");
  return { unified, named: mounts.find((mount) => mount.type === "cgroup" && mount.options.split(",").includes("name=systemd"))?.path };
}

let known: Promise<ControlGroupMounts> | undefined;

/** Mount points on this machine. */
export async function machineControlGroups(): Promise<ControlGroupMounts> {
  known ??= readFile("/proc/self/mountinfo", "utf8").then(controlGroupMounts);
  return known;
}

/** Makes a group and gives the `cgroup.procs` files that a process writes its id to in order to join it. */
export async function makeControlGroup(name: string): Promise<readonly string[]> {
  const { unified, named } = await machineControlGroups();
  const directories = [unified, ...(named === undefined ? [] : [named])].map((mount) => join(mount, name));
  for (const directory of directories) await mkdir(directory, { recursive: true });
  return directories.map((directory) => join(directory, "cgroup.procs"));
}

export async function controlGroupExists(name: string): Promise<boolean> {
  return existsSync(join((await machineControlGroups()).unified, name));
}

/** Kills every process of a group and of those below it at once, waits until they are gone, and removes the groups. */
export async function killControlGroup(name: string): Promise<void> {
  const { unified, named } = await machineControlGroups();
  const directory = join(unified, name);
  if (existsSync(directory)) {
    await unlessGone(async () => {
      await writeFile(join(directory, "cgroup.kill"), "1");
      await untilEmpty(directory);
    });
    await removeTree(directory);
  }
  if (named !== undefined && existsSync(join(named, name))) await removeTree(join(named, name));
}

/** The kernel announces a change of `cgroup.events` as a modification of the file. */
async function untilEmpty(directory: string): Promise<void> {
  const events = join(directory, "cgroup.events");
  const populated = async (): Promise<boolean> => (await readFile(events, "utf8")).includes("populated 1");
  const deadline = AbortSignal.timeout(20_000);
  const changes = watch(events, { signal: deadline });
  try {
    // The first look comes after the watch has begun: a change between the two is not missed.
    const iterator = changes[Symbol.asyncIterator]();
    let next = iterator.next();
    while (await populated()) {
      await next;
      next = iterator.next();
    }
    next.catch(() => undefined);
  } catch (error) {
    if (deadline.aborted) throw new Error(`${events}: still populated 20 s after every process of the group was killed`, { cause: error });
    throw error;
  }
}

/** From the leaves up. */
async function removeTree(directory: string): Promise<void> {
  await unlessGone(async () => {
    const entries = await readdir(directory, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await removeTree(join(directory, entry.name));
    await rmdir(directory);
  });
}

/** Whoever else ends a server removes its groups, too, beside us: what is gone already is as it should be. */
async function unlessGone(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // A file of a group that goes while it is read says that there is no such device.
    if (!["ENOENT", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
