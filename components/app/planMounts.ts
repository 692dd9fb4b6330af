import { type Mount, ResourceName } from "../../contract/index.ts";
import { type FaultSink, seen } from "../shared/fault.ts";
import type { PeopleService } from "./composeFile.ts";
import type { PlannedService, ServiceInput } from "./planService.ts";

/** A mount as a person meant it, before anything was judged. */
interface WrittenMount {
  readonly type: "volume" | "bind" | "tmpfs";
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A mount as the contract knows it, and where it stands in the person's file: `volumes[0]`, `tmpfs`. */
export interface PlacedMount {
  readonly mount: Mount;
  readonly place: string;
}

interface MountInput extends Pick<ServiceInput, "volumes" | "config" | "instance"> {
  readonly role: PlannedService["role"];
  readonly update: PlannedService["update"];
}

/** Mounts of a service in Compose's long form: named volumes, files of the release's `config/`, and memory. Nothing else of the host. */
export function planMounts(people: PeopleService, input: MountInput, faults: FaultSink): readonly PlacedMount[] {
  const mounts: PlacedMount[] = [];
  (people.volumes ?? []).forEach((written, index) => {
    const mount = typeof written === "string" ? shortForm(written) : longForm(written);
    const place = `volumes[${index}]`;
    const sink = faults.below(place);
    const put = (planned: readonly Mount[]) => mounts.push(...planned.map((mount) => ({ mount, place })));
    if (mount === undefined)
      sink.add(`must be NAME:/path, ./config/FILE:/path:ro or a mapping with type, source and target, got ${seen(written)}`);
    else if (mount.type === "bind") put(bind(mount, input, sink));
    else if (mount.type === "volume") put(volume(mount, input, sink));
    else if (mount.readOnly) sink.add("is memory that nobody could write; leave read_only out");
    else put([memory(mount.target)]);
  });
  const written = typeof people.tmpfs === "string" ? [people.tmpfs] : (people.tmpfs ?? []);
  written.forEach((text, index) => {
    const place = typeof people.tmpfs === "string" ? "tmpfs" : `tmpfs[${index}]`;
    const mount = tmpfs(text, faults.below(place));
    if (mount !== undefined) mounts.push({ mount, place });
  });
  return mounts;
}

function bind(mount: WrittenMount, input: MountInput, faults: FaultSink): Mount[] {
  const file = mount.source.replace(/^\.\//, "");
  if (input.role === "data") {
    faults.add("a stateful service cannot mount files of a release, which comes and goes");
  } else if (!file.startsWith("config/") || file.includes("..")) {
    faults.add(`mounts "${mount.source}" of the host; a release mounts only its own files, ./config/FILE`);
  } else if (!mount.readOnly) {
    faults.add(`mounts "${mount.source}" writable; a release is immutable, add :ro`);
  } else if (!Object.keys(input.config).some((path) => `config/${path}` === file || `config/${path}`.startsWith(`${file}/`))) {
    faults.add(`no such file: "${file}" beside compose.yaml`);
  } else {
    return [{ type: "bind", source: file, target: mount.target, read_only: true }];
  }
  return [];
}

/** During the overlap both colours write the same volume. Somebody has to have thought about that. */
function volume(mount: WrittenMount, input: MountInput, faults: FaultSink): Mount[] {
  if (!Object.hasOwn(input.volumes, mount.source)) {
    faults.add(`names the volume "${mount.source}", which is not under the file's top-level volumes`);
    return [];
  }
  // Told once, where the volume is named.
  if (!ResourceName.safeParse(mount.source).success) return [];
  const safe = input.volumes[mount.source]?.["x-terrace"]?.overlap === "safe";
  const stopsFirst = input.update === "recreate" && input.role !== "job";
  if (input.role !== "data" && input.role !== "singleton" && !mount.readOnly && !safe && !stopsFirst) {
    const orElse = input.role === "job" ? "" : ", or on the service that the old one stops first (x-terrace: {update: recreate})";
    faults.add(
      `two colours would write the volume "${mount.source}" at once; say under volumes.${mount.source} that it bears that (x-terrace: {overlap: safe})${orElse}`,
    );
    return [];
  }
  const { source, target, readOnly } = mount;
  return [readOnly ? { type: "volume", source, target, read_only: true } : { type: "volume", source, target }];
}

/**
 * `/path` or `/path:size=64m`. Docker knows more options and other forms of a size; each that this passed over would be a folder of another
 * size or other rights than the file says.
 */
function tmpfs(written: string, faults: FaultSink): Mount | undefined {
  const colon = written.indexOf(":");
  const [target, options] = colon < 0 ? [written, []] : [written.slice(0, colon), written.slice(colon + 1).split(",")];
  if (!target.startsWith("/")) faults.add(`must begin with an absolute path, got ${seen(written)}; write /path:size=64m`);
  const others = options.filter((option) => !option.startsWith("size="));
  if (others.length > 0)
    faults.add(`has options that are not known here: ${others.map(seen).join(", ")}; leave them out, size=64m is the one there is`);
  const sizes = options.filter((option) => option.startsWith("size="));
  if (sizes.length > 1) faults.add(`has more than one size, got ${seen(written)}`);
  const [size] = sizes;
  const number = /^size=([1-9]\d{0,11})([kmg]?)$/i.exec(size ?? "");
  if (size !== undefined && number === null)
    faults.add(`has the size ${seen(size.slice("size=".length))}; write a whole number of bytes, or with k, m or g: size=64m`);
  if (!target.startsWith("/") || others.length > 0 || sizes.length > 1 || (size !== undefined && number === null)) return undefined;
  return memory(target, number === null ? undefined : bytes(number[1] ?? "", number[2] ?? ""));
}

/** Writable for everybody, as /tmp is: Docker would take over the mode of the folder in the image, but not its owner. */
function memory(target: string, size?: number): Mount {
  return { type: "tmpfs", target, tmpfs: { ...(size === undefined ? {} : { size }), mode: 0o1777 } };
}

function shortForm(written: string): WrittenMount | undefined {
  const [source, target, mode, surplus] = written.split(":");
  if (source === undefined || target?.startsWith("/") !== true || surplus !== undefined) return undefined;
  if (mode !== undefined && mode !== "ro" && mode !== "rw") return undefined;
  return { type: /^[./~]/.test(source) ? "bind" : "volume", source, target, readOnly: mode === "ro" };
}

function longForm(written: Readonly<Record<string, unknown>>): WrittenMount | undefined {
  const { type, source, target, read_only: readOnly = false, ...surplus } = written;
  if (typeof target !== "string" || !target.startsWith("/") || typeof readOnly !== "boolean") return undefined;
  if (Object.keys(surplus).length > 0) return undefined;
  if (type === "tmpfs" && source === undefined) return { type, source: "", target, readOnly };
  if ((type !== "volume" && type !== "bind") || typeof source !== "string") return undefined;
  return { type, source, target, readOnly };
}

function bytes(number: string, unit: string): number {
  const factor = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1;
  return Number(number) * factor;
}
