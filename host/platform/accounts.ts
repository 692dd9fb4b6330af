import type { PlatformRequest } from "../../contract/index.ts";
import { operatorGroup } from "../caller.ts";
import { Failure } from "../ending.ts";
import { findAccount, groupMembers } from "./accountFiles.ts";
import type { Account, AccountFiles } from "./accountFiles.ts";

/** Group of the deploy users. It gives no right by itself: it marks which accounts are ours. */
export const deployerGroup = "terrace-deployers";
export const ourGroups = [deployerGroup, operatorGroup] as const;

/**
 * An account of the platform. There is none that owns release files and has no sudo, as requirement D12 has it: release files belong to
 * root, so that not even a stolen deploy key can touch one, and an account that owns nothing would be one more to lock.
 */
export interface WantedAccount {
  readonly name: string;
  readonly group: (typeof ourGroups)[number];
  readonly comment: string;
  readonly shell: string;
  /** Exactly this group and no other: a deploy user in the group "docker" would be root. Operators may be given more by a person. */
  readonly exactGroups: boolean;
  /** Lines of `authorized_keys`. */
  readonly keys: readonly string[];
  /** Deploy users own nothing, not even their home: whoever stole a key cannot leave another one there. */
  readonly ownsHome: boolean;
}

/** Commands only: no terminal, no forwarding of ports, agents or displays, no user rc file (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
const deployKeyOptions = "restrict";
/** A person works at a terminal. */
const operatorKeyOptions = "restrict,pty";

export function wantedAccounts({ deployers, operators }: Pick<PlatformRequest, "deployers" | "operators">): WantedAccount[] {
  return [
    ...deployers.map(({ environment, publicKey }): WantedAccount => ({
      name: `deploy-${environment}`,
      group: deployerGroup,
      comment: `Terrace deploys of ${environment}`,
      // sshd runs the command through it. sudo decides what the command may be.
      shell: "/bin/sh",
      exactGroups: true,
      keys: [`${deployKeyOptions} ${publicKey}`],
      ownsHome: false,
    })),
    ...operators.map(({ name, publicKeys }): WantedAccount => ({
      name,
      group: operatorGroup,
      comment: "Terrace operator",
      shell: "/bin/bash",
      exactGroups: false,
      keys: publicKeys.map((key) => `${operatorKeyOptions} ${key}`),
      ownsHome: true,
    })),
  ];
}

/** Faults between the accounts asked for, before any of them is looked at. Throws `Failure (malformed_request)`. */
export function checkNames(accounts: readonly WantedAccount[]): void {
  accounts.forEach(({ name, group }, index) => {
    if (accounts.findIndex((other) => other.name === name) !== index) throw invalid(`the login name "${name}" is asked for twice`);
    // The name alone says which environment a caller may release to (`caller.ts`).
    if (group === operatorGroup && name.startsWith("deploy-")) throw invalid(`operators: "${name}" would be taken for a deploy user`);
  });
}

/**
 * What is wrong with an account; empty when nothing is. `recorded`: an earlier run made it. Throws `Failure (malformed_request)` where the
 * name belongs to somebody else: its keys would be replaced, and that could lock out the very login that runs this.
 */
export function accountFaults(wanted: WantedAccount, home: string, files: AccountFiles, recorded: boolean): string[] {
  const seen = findAccount(files, wanted.name);
  if (seen === undefined) return ["absent"];
  refuseForeign(seen, wanted, recorded);
  const faults: string[] = [];
  if (seen.home !== home) faults.push(`its home is ${seen.home} instead of ${home}`);
  if (seen.shell !== wanted.shell) faults.push(`its shell is ${seen.shell} instead of ${wanted.shell}`);
  if (seen.password !== "*") faults.push("it is not closed to passwords");
  if (seen.expires !== "") faults.push("it has expired");
  if (!seen.groups.includes(wanted.group)) faults.push(`it is not in ${wanted.group}`);
  const more = seen.groups.filter((group) => group !== wanted.group);
  if (wanted.exactGroups && more.length > 0) faults.push(`it is also in ${more.join(", ")}`);
  return faults;
}

/** First id that Debian gives to people (adduser.conf, login.defs); those below belong to the system. */
const firstUserId = 1000;

function refuseForeign(seen: Account, wanted: WantedAccount, recorded: boolean): void {
  if (seen.userId < firstUserId) throw invalid(`"${wanted.name}" is a system account of this server; choose another login name`);
  if (recorded || seen.groups.includes(wanted.group)) return;
  throw invalid(`the account "${wanted.name}" exists on this server and Terrace has not made it; choose another login name or remove it`);
}

/** Accounts that are in one of our groups and no longer asked for, or are asked for in the other group. */
export function formerAccounts(accounts: readonly WantedAccount[], files: AccountFiles): { name: string; group: string }[] {
  return ourGroups.flatMap((group) =>
    (groupMembers(files, group) ?? [])
      .filter((member) => !accounts.some((account) => account.name === member && account.group === group))
      .map((name) => ({ name, group })),
  );
}

function invalid(what: string): Failure {
  return new Failure("invalid", "malformed_request", what);
}
