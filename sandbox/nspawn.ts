import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { Writable } from "node:stream";
import { makeControlGroup } from "./controlGroup.ts";
import type { ServerDisk } from "./serverDisk.ts";
import { droppedCapabilities } from "./serverShell.ts";
import type { ServerPlace, Slot } from "./slot.ts";

/** How a boot came to its end. */
export type NspawnEnd = { readonly kind: "reboot" } | { readonly kind: "halt" } | { readonly kind: "cut"; readonly how: string };

/** systemd-nspawn's exit code for "the server asked for a reboot" when it may not register with systemd-machined. */
const rebootRequested = 133;
const consoleLines = 20;

/** One boot of a server: from power to the end of its process 1. */
export interface Nspawn {
  readonly ended: Promise<NspawnEnd>;
  /** Process id, on this machine, of the server's process 1. */
  leader(): Promise<number>;
  /** What the console showed last. */
  lastWords(): string;
  /** Asks the server's systemd to halt. */
  halt(): void;
}

export interface NspawnArgs {
  readonly slot: Slot;
  readonly place: ServerPlace;
  readonly disk: ServerDisk;
  /** Control group that all of it runs in. */
  readonly group: string;
  /** Gets everything that the console shows. */
  readonly console: Writable;
}

/** Starts a boot and returns at once. Throws when systemd-nspawn cannot be started. */
export async function startNspawn(args: NspawnArgs): Promise<Nspawn> {
  const memberships = await makeControlGroup(args.group);
  const child = spawn(
    "sh",
    ["-c", 'for f in $groups; do echo $$ > "$f"; done; unset groups; exec systemd-nspawn "$@"', "sh", ...nspawnArguments(args)],
    {
      stdio: ["ignore", "pipe", "pipe"],
      // The server gets cgroup v2 alone, also where this machine is hybrid.
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1", groups: memberships.join(" ") },
    },
  );
  let shown = "";
  for (const output of [child.stdout, child.stderr]) {
    output.pipe(args.console, { end: false });
    output.on("data", (data: Buffer) => {
      shown = (shown + data.toString()).slice(-8000);
    });
  }
  const ended = new Promise<NspawnEnd>((resolve, reject) => {
    child.once("error", reject);
    // "close" and not "exit": the last words are complete.
    child.once("close", (code, signal) => {
      if (code === rebootRequested) resolve({ kind: "reboot" });
      else resolve(code === 0 ? { kind: "halt" } : { kind: "cut", how: `systemd-nspawn ended with ${code ?? signal}` });
    });
  });
  return {
    ended,
    lastWords: () => shown.trimEnd().split("\n").slice(-consoleLines).join("\n"),
    // With --boot, systemd-nspawn answers SIGTERM by asking the server's systemd to halt.
    halt: () => void child.kill("SIGTERM"),
    leader: async () => {
      const children = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")).trim().split(" ");
      const pid = Number(children[0]);
      if (children.length === 1 && Number.isInteger(pid) && pid > 1) return pid;
      throw new Error(`systemd-nspawn: expected one child, the server's process 1; found "${children.join(" ")}"`);
    },
  };
}

function nspawnArguments({ slot, place, disk }: NspawnArgs): readonly string[] {
  return [
    "--quiet",
    "--boot",
    `--directory=${disk.root}`,
    `--machine=${place.machine}`,
    `--hostname=${place.name}`,
    `--network-bridge=${slot.bridge}`,
    // Docker and nftables inside need nearly everything.
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
