import { isDeepStrictEqual } from "node:util";
import type { Json, PlatformRequest } from "../../contract/index.ts";
import { ok, wrong } from "./item.ts";
import type { Finding } from "./item.ts";

/** `/etc/docker/daemon.json` (dockerd(8)). All of it is ours: on a host with its own platform nobody else configures Docker. */
export function dockerConfiguration(docker: Pick<PlatformRequest["docker"], "logMaximumFiles" | "logMaximumSize" | "concurrentDownloads">) {
  return {
    // Containers outlive the daemon, so that its restart (an update of Debian's package) drops no request. Excludes Swarm, which this
    // platform does not use.
    "live-restore": true,
    // Docker's default keeps one log file that grows until the disk is full. This format is the one that log collectors read.
    "log-driver": "json-file",
    "log-opts": { "max-file": String(docker.logMaximumFiles), "max-size": docker.logMaximumSize },
    "max-concurrent-downloads": docker.concurrentDownloads,
    // Docker's default cuts networks of 4,096 addresses and more and runs out after 31 of them, which is some ten instances. These are
    // 1,024 networks of 254, inside the range that Docker would use anyway.
    "default-address-pools": [{ base: "172.20.0.0/14", size: 24 }],
    // Without rules of its own for IPv6, Docker hands connections over through a process, and every client has that process's address.
    // Docker 26 still calls it experimental; from 27 on it is the default. The process ("userland proxy") stays for loopback connections.
    experimental: true,
    ip6tables: true,
  } as const;
}

/** Keys that a running daemon takes from a reload (dockerd(8), "Configuration reload behavior"); any other needs a restart. */
const reloadable: ReadonlySet<string> = new Set(["live-restore", "max-concurrent-downloads"]);

/**
 * What a change of the file means for a running daemon. `text` is the present file; `undefined` where there is none.
 */
export function judgeConfiguration(text: string | undefined, wanted: Readonly<Record<string, Json>>, running: boolean): Finding {
  if (text === undefined) return wrong("daemon.json is absent", running ? "restart" : "none");
  const seen = parse(text);
  if (seen === undefined) return wrong("daemon.json is not a JSON object", running ? "restart" : "none");
  const keys = [...new Set([...Object.keys(seen), ...Object.keys(wanted)])].sort();
  const differing = keys.filter((key) => !isDeepStrictEqual(seen[key], wanted[key]));
  if (differing.length === 0) return ok;
  const effect = differing.every((key) => reloadable.has(key)) ? "reload" : "restart";
  return wrong(`daemon.json differs in ${differing.join(", ")}`, running ? effect : "none");
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
