import type { SshKeyPair, SshKeyType } from "./sshKeys.ts";
import { aptProxyPort, type ServerPlace, type Slot } from "./slot.ts";

/** A file that makes the common root into one particular server, as a provider's installer would write it. */
export interface ServerFile {
  readonly path: string;
  readonly content: string;
  /** 0644 unless given. */
  readonly mode?: number;
}

export interface ServerFilesArgs {
  readonly slot: Slot;
  readonly place: ServerPlace;
  /** 32 hex digits. */
  readonly machineId: string;
  readonly hostKeys: Readonly<Record<SshKeyType, SshKeyPair>>;
  /** Public keys that may log in as root, one line each. */
  readonly rootKeys: readonly string[];
  readonly caCertificate: string;
  /** apt settings about out-of-date indexes that this machine needs for its mirror. */
  readonly aptDateChecks: readonly string[];
}

/** All files that differ from server to server. Written once, when the server is made; later they belong to whoever administers it. */
export function serverFiles(args: ServerFilesArgs): readonly ServerFile[] {
  const { slot, place } = args;
  return [
    { path: "etc/hostname", content: `${place.name}\n` },
    { path: "etc/machine-id", content: `${args.machineId}\n`, mode: 0o444 },
    {
      path: "etc/hosts",
      content: `127.0.0.1 localhost\n127.0.1.1 ${place.hostName} ${place.name}\n::1 localhost ip6-localhost ip6-loopback\n`,
    },
    { path: "etc/resolv.conf", content: `nameserver ${slot.gateway.ipv4}\nnameserver ${slot.gateway.ipv6}\noptions timeout:2\n` },
    { path: "etc/systemd/network/10-host0.network", content: networkFile(slot, place) },
    { path: "root/.ssh/authorized_keys", content: `${args.rootKeys.join("\n")}\n`, mode: 0o600 },
    ...Object.entries(args.hostKeys).flatMap(([type, pair]) => [
      { path: `etc/ssh/ssh_host_${type}_key`, content: pair.privateKey, mode: 0o600 },
      { path: `etc/ssh/ssh_host_${type}_key.pub`, content: `${pair.publicKey}\n` },
    ]),
    {
      path: "etc/ssh/sshd_config.d/90-terrace-sandbox.conf",
      // One line per TCP connection, also of those that never log in: this is how tests count connections.
      content: "LogLevel VERBOSE\n",
    },
    {
      path: "etc/apt/apt.conf.d/00terrace-sandbox",
      content: [`Acquire::http::Proxy "http://${slot.gateway.ipv4}:${aptProxyPort}";`, ...args.aptDateChecks, ""].join("\n"),
    },
    { path: "usr/local/share/ca-certificates/terrace-sandbox.crt", content: args.caCertificate },
  ];
}

/** No gateway on purpose: what tries to leave the sandbox fails at once with "network is unreachable". */
function networkFile(slot: Slot, place: ServerPlace): string {
  const length = { ipv4: slot.subnet.ipv4.split("/")[1], ipv6: slot.subnet.ipv6.split("/")[1] };
  return [
    "[Match]",
    "Name=host0",
    "",
    "[Network]",
    `Address=${place.address.ipv4}/${length.ipv4}`,
    `Address=${place.address.ipv6}/${length.ipv6}`,
    "DHCP=no",
    "IPv6AcceptRA=no",
    "LinkLocalAddressing=ipv6",
    // The address is unique by construction; probing for duplicates would hold network-online.target back for a second.
    "IPv6DuplicateAddressDetection=0",
    "",
  ].join("\n");
}
