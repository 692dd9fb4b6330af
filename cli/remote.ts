import type { HostSettings } from "../src/settings/schema.ts";
import { UserError } from "../src/settings/userError.ts";

/** Where the host is and how to know that it is the one. */
export interface RemoteHost {
  /** For messages and as the name that the host key is pinned under. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** Login; `undefined` leaves it to the person's own SSH configuration. */
  readonly user: string | undefined;
  /** Path of the private key to log in with; `undefined` leaves it to the person's own agent and configuration. */
  readonly identity: string | undefined;
}

export interface RemoteOptions {
  readonly host?: string;
  readonly hostKey?: string;
  readonly port?: string;
  readonly user?: string;
}

/** What the shell may say of hosts: `sandbox/env` sets it, since the sandbox makes new servers each time. */
export type RemoteVariables = Readonly<Record<string, string | undefined>>;

/** Names of the variables that say where a stack's host is: `TERRACE_ADDRESS_PRE_PROD` for `pre-prod`. */
export function hostVariables(stack: string): { readonly address: string; readonly hostKey: string } {
  const suffix = stack.toUpperCase().replaceAll("-", "_");
  return { address: `TERRACE_ADDRESS_${suffix}`, hostKey: `TERRACE_HOST_KEY_${suffix}` };
}

/** Names of the variables that say who the person is on every host: the login, and the path of the private key. */
export const personVariables = { user: "TERRACE_USER", identity: "TERRACE_IDENTITY" } as const;

/**
 * The host of a stack: from what was typed, else from its file, else from the shell's variables; never from the secret store, which may be
 * down when this is needed. A login and a key from the variables count only for a host that is theirs. Throws one UserError with everything
 * that none of them says.
 */
export function remoteHost(stack: string, settings: HostSettings, options: RemoteOptions, variables: RemoteVariables = {}): RemoteHost {
  const names = hostVariables(stack);
  const typed = options.host ?? settings.address;
  const address = typed ?? variables[names.address];
  const hostKey = options.hostKey ?? settings.hostKey ?? (typed === undefined ? variables[names.hostKey] : undefined);
  const theirs = typed === undefined ? variables : {};
  const port = options.port === undefined ? settings.port : Number(options.port);
  const faults = [
    ...(address === undefined
      ? [
          `no address of the host: give --host <address>, or write host.address into Pulumi.${stack}.yaml (in the sandbox: source sandbox/env)`,
        ]
      : []),
    ...(hostKey === undefined
      ? [`no host key to know it by: give --host-key "ssh-ed25519 AAAA…", or write host.hostKey into Pulumi.${stack}.yaml`]
      : []),
    ...(hostKey !== undefined && !/^ssh-ed25519 [A-Za-z0-9+/]{68}( |$)/.test(hostKey)
      ? ['--host-key must be "ssh-ed25519 AAAA…", the first two words of the host\'s /etc/ssh/ssh_host_ed25519_key.pub']
      : []),
    ...(Number.isInteger(port) && port > 0 && port < 65_536 ? [] : [`--port must be from 1 to 65535, got "${options.port ?? ""}"`]),
  ];
  if (faults.length > 0 || address === undefined || hostKey === undefined)
    throw new UserError(faults.map((fault) => `${stack}: ${fault}`).join("\n"));
  const user = options.user ?? theirs[personVariables.user];
  return { name: settings.name, address, port, hostKey, user, identity: theirs[personVariables.identity] };
}

/** The line that pins the host key, under a name of its own: what the person's `known_hosts` says of the address plays no part. */
export function knownHostsLine(host: RemoteHost): string {
  return `${alias(host)} ${host.hostKey.split(" ").slice(0, 2).join(" ")}\n`;
}

/**
 * Arguments of `ssh` that run `terrace` on the host with the person's own keys. `interactive`: a pass phrase may be asked for.
 * The host program is reached by sudo without password, which operators may use for it and nothing else.
 */
export function sshArguments(host: RemoteHost, knownHostsFile: string, words: readonly string[], interactive: boolean): readonly string[] {
  const options = [
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile="${knownHostsFile}"`,
    "GlobalKnownHostsFile=/dev/null",
    `HostKeyAlias=${alias(host)}`,
    "HostKeyAlgorithms=ssh-ed25519",
    "UpdateHostKeys=no",
    // A shared connection from elsewhere would have been checked by other rules.
    "ControlPath=none",
    "PasswordAuthentication=no",
    "KbdInteractiveAuthentication=no",
    "ConnectTimeout=10",
    "ServerAliveInterval=15",
    "LogLevel=ERROR",
    `BatchMode=${interactive ? "no" : "yes"}`,
  ];
  const command = ["sudo", "-n", "/opt/terrace/bin/terrace", ...words].map(shellWord).join(" ");
  const login = host.user === undefined ? [] : ["-l", host.user];
  const identity = host.identity === undefined ? [] : ["-o", "IdentitiesOnly=yes", "-i", host.identity];
  return [
    ...options.flatMap((option) => ["-o", option]),
    ...identity,
    "-T",
    "-p",
    String(host.port),
    ...login,
    "--",
    host.address,
    command,
  ];
}

/** A word as the remote login shell must see it. SSH joins words with blanks and lets a shell take them apart again. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function alias(host: RemoteHost): string {
  return `terrace-${host.name}`;
}
