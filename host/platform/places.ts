import { join } from "node:path";
import type { HostPaths } from "../paths.ts";

/** Places of the operating system that the platform writes. All below the host's root, so that a test can give a folder of its own. */
export function systemPlaces({ root }: Pick<HostPaths, "root">) {
  const at = (...parts: readonly string[]): string => join(root, ...parts);
  return {
    osRelease: at("etc/os-release"),
    passwd: at("etc/passwd"),
    shadow: at("etc/shadow"),
    group: at("etc/group"),
    dockerDaemon: at("usr/sbin/dockerd"),
    dockerConfiguration: at("etc/docker/daemon.json"),
    registryAuthorities: at("etc/docker/certs.d"),
    sudoRules: at("etc/sudoers.d/terrace"),
    secretsUnit: at("etc/systemd/system/terrace-secrets.service"),
    home: (user: string): string => at("home", user),
    /** There when the kernel speaks IPv6. */
    ipv6: at("proc/net/if_inet6"),
  } as const;
}

export type SystemPlaces = ReturnType<typeof systemPlaces>;

/** What the platform has done and for whom; see `platformRecord.ts`. */
export function platformRecordPath(paths: HostPaths): string {
  return join(paths.state, "platform.json");
}
