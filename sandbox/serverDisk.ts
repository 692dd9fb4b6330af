import { execa } from "execa";
import { randomBytes } from "node:crypto";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { serverFiles, type ServerFilesArgs } from "./serverFiles.ts";
import { readIfPresent, replaceFile } from "./shared/files.ts";
import { hostKeyTypes, sshKeyPair, type SshKeyPair, type SshKeyType } from "./sshKeys.ts";
import type { ServerPlace } from "./slot.ts";

/** A server's file system, mounted where only the supervisor and its children see it. */
export interface ServerDisk {
  readonly root: string;
  /** Plain folder for /var/lib/docker: Docker's overlay driver refuses to stand on an overlay. */
  readonly dockerDirectory: string;
}

export interface ServerDiskArgs extends Omit<ServerFilesArgs, "machineId" | "hostKeys"> {
  /** The common root and the key that tells when it is another one. */
  readonly base: { readonly directory: string; readonly key: string };
}

/** The server's SSH host keys, made on first use. They stay when the disk is made again, as long as its folder does. */
export async function serverHostKeys(place: ServerPlace): Promise<Readonly<Record<SshKeyType, SshKeyPair>>> {
  const [ed25519, ecdsa, rsa] = await Promise.all(
    hostKeyTypes.map((type) => sshKeyPair(join(place.directory, "keys", `ssh_host_${type}_key`), type, `root@${place.name}`)),
  );
  if (ed25519 === undefined || ecdsa === undefined || rsa === undefined) throw new Error("unreachable: one key pair per type");
  return { ed25519, ecdsa, rsa };
}

/**
 * Mounts the server's disk over the common root, making it first when there is none, when an earlier attempt was cut off half-way, or when
 * the common root is another one than it was made from (an overlay over a changed root is undefined).
 */
export async function mountServerDisk(args: ServerDiskArgs): Promise<ServerDisk> {
  const at = (name: string): string => join(args.place.directory, name);
  const disk = { root: at("root"), dockerDirectory: at("docker") };
  const marker = at("made-from");
  const fresh = (await readIfPresent(marker)) !== args.base.key;
  if (fresh)
    await Promise.all([marker, at("upper"), at("work"), disk.dockerDirectory].map((path) => rm(path, { recursive: true, force: true })));
  for (const path of [at("upper"), at("work"), disk.root, disk.dockerDirectory]) await mkdir(path, { recursive: true });
  const options = `lowerdir=${args.base.directory},upperdir=${at("upper")},workdir=${at("work")}`;
  await execa("mount", ["-t", "overlay", "overlay", "-o", options, disk.root]);
  if (fresh) {
    await personalize(disk.root, args);
    await replaceFile(marker, args.base.key);
  }
  return disk;
}

/** Unmounts a server's disk and removes everything of it, host keys included. The server must be off. */
export async function removeServerDisk(place: ServerPlace): Promise<void> {
  await execa("umount", [join(place.directory, "root")]);
  await rm(place.directory, { recursive: true, force: true });
}

async function personalize(root: string, args: ServerDiskArgs): Promise<void> {
  const machineId = randomBytes(16).toString("hex");
  const hostKeys = await serverHostKeys(args.place);
  for (const file of serverFiles({ ...args, machineId, hostKeys })) {
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true, mode: file.path.startsWith("root/") ? 0o700 : 0o755 });
    await rm(path, { force: true });
    await writeFile(path, file.content, { mode: file.mode ?? 0o644 });
  }
  for (const [unit, target] of [
    ["systemd-networkd.service", "multi-user.target"],
    ["systemd-networkd-wait-online.service", "network-online.target"],
  ] as const) {
    const wants = join(root, "etc/systemd/system", `${target}.wants`);
    await mkdir(wants, { recursive: true });
    await symlink(`/usr/lib/systemd/system/${unit}`, join(wants, unit));
  }
  // The sandbox's CA plays the part of the public ones, which every fresh server trusts.
  await execa("chroot", [root, "update-ca-certificates"], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
    extendEnv: false,
  });
}
