import { join } from "node:path";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import type { CommandResult } from "../command.ts";
import { findingOf } from "./item.ts";
import type { Item } from "./item.ts";

/**
 * What the platform needs beyond Debian's base system and Node, which the bootstrap brought. Debian's own packages: their security fixes
 * come without us. What they pull in (containerd, runc, iptables) is not named, so that apt may judge.
 */
export const packages = ["ca-certificates", "docker-cli", "docker-compose", "docker.io"] as const;

/** A fresh server updates itself in its first minutes and holds apt's locks that long. */
const lockSeconds = 600;

type World = Pick<Context, "execute" | "paths" | "progress">;

export function packagesItem(world: World): Item {
  const missing = async (): Promise<string[]> => {
    const { stdout } = await world.execute({
      argv: ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", ...packages],
    });
    return missingPackages(stdout);
  };
  return {
    name: "packages",
    // Docker's own package starts the daemon; where instances run, it is there.
    effect: "none",
    wanted: packages,
    code: "package_failed",
    check: async () => findingOf((await missing()).map((name) => `${name} is not installed`)),
    change: async () => install(world, await missing()),
  };
}

/** `listing`: lines `<package> <status>`. dpkg-query leaves out packages it has never heard of. */
export function missingPackages(listing: string): string[] {
  const installed = new Set(listing.split("\n").flatMap((line) => (line.endsWith(" installed") ? [line.split(" ")[0]] : [])));
  return packages.filter((name) => !installed.has(name));
}

/** The lists are fetched only when an installation from the present ones fails: on most servers they are there and fresh enough. */
async function install(world: World, names: readonly string[]): Promise<void> {
  if ((await aptInstall(world, names)).exitCode === 0) return;
  world.progress.note("fetching the package lists");
  const lists = join(world.paths.root, "var/lib/apt/lists/lock");
  const update = await world.execute({
    // apt waits for dpkg's lock but not for this one, so it is taken here the way apt takes it: waiting ends the moment it is free.
    argv: [
      "flock",
      "--fcntl",
      "--timeout",
      String(lockSeconds),
      lists,
      "apt-get",
      "--quiet",
      "-o",
      "Debug::NoLocking=true",
      ...retries,
      "update",
    ],
    environment,
  });
  if (update.exitCode !== 0) throw new Failure("aborted", "package_failed", `apt-get update failed: ${aptErrors(update)}`);
  const again = await aptInstall(world, names);
  if (again.exitCode !== 0)
    throw new Failure("aborted", "package_failed", `apt-get install ${names.join(" ")} failed: ${aptErrors(again)}`);
}

const environment = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1" } as const;
const retries = ["-o", "Acquire::Retries=3"] as const;

async function aptInstall({ execute }: World, names: readonly string[]): Promise<CommandResult> {
  return execute({
    argv: [
      "apt-get",
      "--quiet",
      "--yes",
      "--no-install-recommends",
      ...["-o", `DPkg::Lock::Timeout=${lockSeconds}`],
      // Configuration files that a person changed stay as they are; the question would have nobody to answer it.
      ...["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"],
      // A folder of our own, since apt does not wait for the lock of the common one.
      ...["-o", "Dir::Cache::archives=/var/cache/apt/terrace", "-o", "APT::Keep-Downloaded-Packages=false"],
      ...retries,
      "install",
      ...names,
    ],
    environment,
  });
}

/** apt marks what went wrong with `E:`; the last line alone is often only "returned an error code (1)". */
export function aptErrors({ stdout, stderr }: Pick<CommandResult, "stdout" | "stderr">): string {
  const errors = `${stdout}\n${stderr}`.split("\n").filter((line) => /^(?:E|Err|dpkg): ?/.test(line));
  const lines = errors.length > 0 ? errors : stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-4).join(" / ") || "no message";
}
