import type { PlatformRequest } from "../../contract/index.ts";
import { sameJson } from "./sameJson.ts";
import type { Context } from "../context.ts";
import { Failure, succeeded } from "../ending.ts";
import type { Ending } from "../ending.ts";
import { readIfPresent } from "../files.ts";
import { label } from "../release/composeFile.ts";
import { verb } from "../verb.ts";
import { accountItem, accountPrefix, formerAccountsItem, groupsItem, keysItem } from "./accountItems.ts";
import { checkNames, wantedAccounts } from "./accounts.ts";
import { applyItems } from "./applyItems.ts";
import { directoriesItem } from "./directories.ts";
import { dockerConfigurationItem, dockerServiceItem, registryAuthoritiesItem } from "./dockerItems.ts";
import { configurationItem, containerItem, networkItem, tlsOptionsItem } from "./ingressItems.ts";
import type { Item } from "./item.ts";
import { packagesItem } from "./packagesItem.ts";
import { platformRecordPath, systemPlaces } from "./places.ts";
import { platformRecordFile } from "./platformRecord.ts";
import type { PlatformRecord } from "./platformRecord.ts";
import { secretsUnitItem } from "./secretsUnitItem.ts";
import { sudoRules } from "./sudoRules.ts";
import { sudoRulesItem } from "./sudoRulesItem.ts";
import { systemFault } from "./system.ts";

/** Makes a server that runs the host program into a platform, or finds that it is one and touches nothing. */
export const platformVerb = verb({
  accepts: "platform",
  lease: () => "platform",
  run: applyPlatform,
});

/** What is done, in this order; each item may rely on those above it. */
async function platformItems(request: PlatformRequest, context: Context, recorded: PlatformRecord["items"]): Promise<Item[]> {
  const places = systemPlaces(context.paths);
  const world = { ...context, places };
  const accounts = wantedAccounts(request);
  checkNames(accounts);
  return [
    dockerConfigurationItem(world, request.docker),
    packagesItem(world),
    dockerServiceItem(world),
    registryAuthoritiesItem(world, request.docker.registryAuthorities, recorded["registry authorities"]),
    directoriesItem(context.paths),
    secretsUnitItem(world),
    groupsItem(world),
    formerAccountsItem(world, accounts),
    ...accounts.flatMap((account) => [
      accountItem(world, account, recorded[accountPrefix + account.name] !== undefined),
      keysItem(world, account),
    ]),
    sudoRulesItem(world, places.sudoRules, sudoRules(accounts, context.paths.program)),
    await networkItem(world),
    configurationItem(world, request.ingress),
    tlsOptionsItem(world, request.ingress),
    containerItem(world, request),
  ];
}

async function applyPlatform(request: PlatformRequest, context: Context): Promise<Ending> {
  const fault = systemFault(await readIfPresent(systemPlaces(context.paths).osRelease));
  if (fault !== undefined) throw new Failure("refused", "unsupported_system", fault);
  requireProgram(request, context);
  const path = platformRecordPath(context.paths);
  const before = await platformRecordFile.read(path);
  requireOwner(request, before, path);

  const record = {
    environment: request.environment,
    host: request.host,
    program: context.program.sha256,
    epoch: request.epoch,
    items: { ...before?.items },
  };
  const items = await platformItems(request, context, record.items);
  const applied = await applyItems(items, {
    maintenance: request.maintenance,
    runningInstances: () => runningInstances(context),
    recorded: before?.items ?? {},
    record: async (item, wanted) => {
      if (sameJson(record.items[item], wanted)) return;
      record.items = { ...record.items, [item]: wanted };
      await platformRecordFile.write(path, record);
    },
    progress: context.progress,
  });
  const kept = { ...record, items: keptItems(record.items, items) };
  if (!sameJson(before, kept)) await platformRecordFile.write(path, kept);

  const touched = applied.filter(({ result }) => result !== "unchanged");
  const what = touched.length === 0 ? `all ${applied.length} items are as they should be` : summary(touched, applied.length);
  return succeeded({ outcome: touched.length === 0 ? "unchanged" : "deployed", code: "ok", what, items: [...applied] });
}

/**
 * What is no longer wanted is forgotten, but for accounts: they stay on the host, closed, and a person who comes back must find theirs
 * known as ours.
 */
function keptItems(recorded: PlatformRecord["items"], items: readonly Item[]): PlatformRecord["items"] {
  const wanted = new Set(items.map(({ name }) => name));
  const kept = Object.entries(recorded).filter(([name]) => wanted.has(name) || name.startsWith(accountPrefix));
  return Object.fromEntries(kept.map(([name, value]) => [name, wanted.has(name) ? value : "former"]));
}

function summary(touched: readonly { readonly item: string; readonly result: string }[], total: number): string {
  const part = (result: string): string[] => {
    const names = touched.filter((item) => item.result === result).map(({ item }) => item);
    return names.length === 0 ? [] : [`${result}: ${names.join(", ")}`];
  };
  return `${touched.length} of ${total} items touched; ${[...part("changed"), ...part("repaired")].join("; ")}`;
}

/** The request names the program it was made for; another one might read it differently. */
function requireProgram({ program }: PlatformRequest, context: Context): void {
  if (program === context.program.sha256) return;
  const what = `this host runs program ${context.program.sha256.slice(0, 12)} and the request is for ${program.slice(0, 12)}; raise platform.epoch`;
  throw new Failure("refused", "program_absent", what);
}

/** Two stacks that both own the platform would undo each other's users at every run. */
function requireOwner({ environment }: PlatformRequest, before: PlatformRecord | undefined, path: string): void {
  if (before === undefined || before.environment === environment) return;
  throw new Failure(
    "refused",
    "owner_mismatch",
    `the platform of this host belongs to the stack "${before.environment}"; set platform.mode to "reuse" in "${environment}", ` +
      `or hand it over by setting it there and removing ${path} on the host`,
  );
}

/** Instances with a container that runs. Where Docker does not answer, nothing runs that a restart of it could stop. */
async function runningInstances({ docker }: Context): Promise<string[]> {
  try {
    const containers = await docker.containers({ [label.instance]: "" });
    const names = containers.filter(({ state }) => state === "running").map(({ labels }) => labels[label.instance] ?? "");
    return [...new Set(names)].sort();
  } catch (error) {
    if (error instanceof Failure && error.code === "docker_unreachable") return [];
    throw error;
  }
}
