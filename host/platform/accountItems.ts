import { chown, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { checked } from "./checked.ts";
import { findAccount, groupMembers } from "./accountFiles.ts";
import type { AccountFiles } from "./accountFiles.ts";
import { accountFaults, formerAccounts, ourGroups } from "./accounts.ts";
import type { WantedAccount } from "./accounts.ts";
import { findingOf } from "./item.ts";
import type { Item } from "./item.ts";
import {
  directoryFault,
  faultsOf,
  fileFault,
  makeManagedDirectory,
  statIfPresent,
  withManagedDirectory,
  writeManagedFile,
} from "./managedFile.ts";
import type { ManagedDirectory, ManagedFile } from "./managedFile.ts";
import type { SystemPlaces } from "./places.ts";

type World = Pick<Context, "execute"> & { readonly places: SystemPlaces };

async function readAccounts({ places }: World): Promise<AccountFiles> {
  const [passwd, shadow, group] = await Promise.all([places.passwd, places.shadow, places.group].map((path) => readFile(path, "utf8")));
  return { passwd: passwd ?? "", shadow: shadow ?? "", group: group ?? "" };
}

export function groupsItem(world: World): Item {
  const absent = async (): Promise<string[]> => {
    const files = await readAccounts(world);
    return ourGroups.filter((name) => groupMembers(files, name) === undefined);
  };
  return {
    name: "groups",
    effect: "none",
    wanted: ourGroups,
    code: "bug",
    check: async () => findingOf((await absent()).map((name) => `${name} is absent`)),
    change: async () => {
      for (const name of await absent()) await checked(world.execute, { argv: ["groupadd", "--system", name] });
    },
  };
}

export const accountPrefix = "account ";

/** The account itself: that it exists, that no password opens it, and which groups it is in. */
export function accountItem(world: World, account: WantedAccount, recorded: boolean): Item {
  const home = world.places.home(account.name);
  const { group, shell, comment, exactGroups, ownsHome } = account;
  return {
    name: accountPrefix + account.name,
    effect: "none",
    // Without the keys: those are an item of their own.
    wanted: { home, group, shell, comment, exactGroups, ownsHome },
    code: "bug",
    check: async () => findingOf(accountFaults(account, home, await readAccounts(world), recorded)),
    change: async () => {
      const { name } = account;
      if (findAccount(await readAccounts(world), name) === undefined) {
        const create = ownsHome ? "--create-home" : "--no-create-home";
        // No group of its own: Debian has groups whose names people like to have, "operator" among them.
        const flags = [create, "--gid", "users", "--groups", group, "--home-dir", home, "--shell", shell, "--comment", comment];
        await checked(world.execute, { argv: ["useradd", ...flags, "--password", "*", name] });
        return;
      }
      const groups = exactGroups ? ["--groups", group] : ["--append", "--groups", group];
      const flags = ["--home", home, "--shell", shell, "--comment", comment, "--password", "*", "--expiredate", ""];
      await checked(world.execute, { argv: ["usermod", ...groups, ...flags, name] });
    },
  };
}

/**
 * Who may log in to the account. The file and its folder belong to root. A deploy user's home does too, so that the keys in the settings
 * are the only ones there can be; an operator owns the home and could put another folder or a link in its place, which the next run takes back.
 */
export function keysItem(world: World, account: WantedAccount): Item {
  const home = world.places.home(account.name);
  const folder: ManagedDirectory = { path: join(home, ".ssh"), mode: 0o755 };
  const directories = [...(account.ownsHome ? [] : [{ path: home, mode: 0o755 }]), folder];
  const fileIn = (path: string): ManagedFile => ({
    path: join(path, "authorized_keys"),
    content: `${account.keys.join("\n")}\n`,
    mode: 0o644,
  });
  return {
    name: `keys of ${account.name}`,
    effect: "none",
    wanted: account.keys,
    code: "bug",
    check: async () => {
      const faults = await faultsOf([...directories.map(directoryFault), fileFault(fileIn(folder.path))]);
      return findingOf([...faults, ...(await strayKeyFiles(folder.path))]);
    },
    change: async () => {
      if (account.ownsHome) await makePersonalHome(world, account.name, home);
      else await makeManagedDirectory({ path: home, mode: 0o755 });
      // A link in the folder's place may lead to root's own keys.
      if ((await statIfPresent(folder.path))?.isDirectory() === false) await rm(folder.path);
      await withManagedDirectory(folder, async (inside) => {
        await writeManagedFile(fileIn(inside));
        for (const stray of await keyFilesBeside(inside)) await rm(stray, { recursive: true });
      });
    },
  };
}

/** sshd by default also reads `authorized_keys2`. Debian's `known_hosts` and the like do no harm but have no business here either. */
async function keyFilesBeside(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name !== "authorized_keys").map((name) => join(folder, name));
}

async function strayKeyFiles(folder: string): Promise<string[]> {
  if ((await statIfPresent(folder))?.isDirectory() !== true) return [];
  return (await keyFilesBeside(folder)).map((path) => `${path} is not ours`);
}

async function makePersonalHome(world: World, name: string, home: string): Promise<void> {
  if ((await statIfPresent(home)) !== undefined) return;
  const account = findAccount(await readAccounts(world), name);
  if (account === undefined) throw new Error(`${name}: has no account after one was made`);
  await mkdir(home, { mode: 0o700 });
  await chown(home, account.userId, account.groupId);
}

/** People and environments that were taken out of the settings can no longer log in. Their homes stay: what is in them is not ours. */
export function formerAccountsItem(world: World, accounts: readonly WantedAccount[]): Item {
  const former = async (): Promise<{ name: string; group: string }[]> => formerAccounts(accounts, await readAccounts(world));
  return {
    name: "former accounts",
    effect: "none",
    wanted: accounts.map(({ name, group }) => `${name} ${group}`),
    code: "bug",
    check: async () => findingOf((await former()).map(({ name, group }) => `${name} is still in ${group}`)),
    change: async () => {
      for (const { name, group } of await former()) {
        await checked(world.execute, { argv: ["gpasswd", "--delete", name, group] });
        if (accounts.some((account) => account.name === name)) continue;
        await checked(world.execute, { argv: ["usermod", "--shell", "/usr/sbin/nologin", "--expiredate", "1", name] });
        await rm(join(world.places.home(name), ".ssh"), { recursive: true, force: true });
      }
    },
  };
}
