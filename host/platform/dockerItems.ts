import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Json, PlatformRequest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import { readIfPresent, replaceFile } from "../files.ts";
import { checked } from "./checked.ts";
import { dockerConfiguration, judgeConfiguration } from "./dockerConfiguration.ts";
import { findingOf, ok, unknown, wrong } from "./item.ts";
import type { Finding, Item } from "./item.ts";
import { faultsOf, fileFault, statIfPresent, writeManagedFile } from "./managedFile.ts";
import type { SystemPlaces } from "./places.ts";

type World = Pick<Context, "execute" | "docker"> & { readonly places: SystemPlaces };

async function dockerIsActive({ execute }: World): Promise<boolean> {
  return (await execute({ argv: ["systemctl", "is-active", "--quiet", "docker.service"] })).exitCode === 0;
}

/** Comes before the packages: Docker then starts for the first time with it, and needs no restart. */
export function dockerConfigurationItem(world: World, docker: PlatformRequest["docker"]): Item {
  const path = world.places.dockerConfiguration;
  const wanted = dockerConfiguration(docker);
  const content = `${JSON.stringify(wanted, null, 2)}\n`;
  const look = async (): Promise<Finding> => {
    const finding = judgeConfiguration(await readIfPresent(path), wanted, await dockerIsActive(world));
    return finding.kind === "ok" ? findingOf(await faultsOf([fileFault({ path, content, mode: 0o644 })])) : finding;
  };
  return {
    name: "Docker configuration",
    effect: "restart",
    wanted,
    code: "docker_unreachable",
    check: look,
    change: async () => {
      const finding = await look();
      await validate(world, path, content);
      await writeManagedFile({ path, content, mode: 0o644 });
      if (finding.kind !== "wrong" || finding.effect === "none") return;
      // Both return when the daemon is done. A daemon that the old file kept from starting is the next item's.
      await checked(world.execute, { argv: ["systemctl", finding.effect, "docker.service"] }, "docker_unreachable");
    },
  };
}

/** dockerd is asked about a copy first: with a file it does not take, it would not start again. */
async function validate(world: World, path: string, content: string): Promise<void> {
  if ((await statIfPresent(world.places.dockerDaemon)) === undefined) return;
  const candidate = `${path}.new`;
  await replaceFile(candidate, content);
  try {
    await checked(world.execute, { argv: ["dockerd", "--validate", "--config-file", candidate] }, "docker_unreachable");
  } finally {
    await rm(candidate, { force: true });
  }
}

export function dockerServiceItem(world: World): Item {
  return {
    name: "Docker",
    // Starting it restarts nothing: with live-restore it takes over the containers that still run.
    effect: "none",
    wanted: { enabled: true, active: true },
    code: "docker_unreachable",
    check: async () => {
      const { stdout } = await world.execute({ argv: ["systemctl", "is-enabled", "docker.service"] });
      if (stdout.trim() === "not-found" || stdout.trim() === "") return unknown("is not installed");
      if (stdout.trim() !== "enabled") return wrong(`would not start with the server (${stdout.trim()})`);
      if (!(await dockerIsActive(world))) return wrong("is not running");
      return (await dockerAnswers(world)) ? ok : wrong("runs and does not answer");
    },
    change: async () => {
      // After five failed starts systemd refuses the sixth until told to forget them.
      await world.execute({ argv: ["systemctl", "reset-failed", "docker.service"] });
      await checked(world.execute, { argv: ["systemctl", "enable", "--now", "docker.service"] }, "docker_unreachable");
      if (!(await dockerAnswers(world)))
        await checked(world.execute, { argv: ["systemctl", "restart", "docker.service"] }, "docker_unreachable");
    },
  };
}

/** Whether the daemon can be asked about networks and containers. */
export async function dockerAnswers({ docker }: Pick<Context, "docker">): Promise<boolean> {
  try {
    await docker.version();
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === "docker_unreachable") return false;
    throw error;
  }
}

/** As Docker writes it in a reference: a name or IPv4 address, a port where it is not 443. It becomes the name of a folder. */
const addressPattern = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/;

/**
 * Authorities of registries whose certificate is not publicly trusted, one folder per registry. Docker reads them at each pull. `recorded`
 * is what an earlier run put there: an authority taken out of the settings is no longer trusted, one that a person put there stays.
 */
export function registryAuthoritiesItem(
  world: World,
  authorities: PlatformRequest["docker"]["registryAuthorities"],
  recorded: Json | undefined,
): Item {
  for (const address of Object.keys(authorities)) {
    if (addressPattern.test(address)) continue;
    const what = `docker.registryAuthorities: must be named by a registry's address such as "registry.example.com:5000", got "${address}"`;
    throw new Failure("invalid", "malformed_request", what);
  }
  const folder = (address: string): string => join(world.places.registryAuthorities, address);
  const files = Object.entries(authorities).map(([address, content]) => ({ path: join(folder(address), "ca.crt"), content, mode: 0o644 }));
  const former = Object.keys(typeof recorded === "object" && recorded !== null ? recorded : {}).filter(
    (address) => !Object.hasOwn(authorities, address),
  );
  const left = async (): Promise<string[]> => {
    const present = await Promise.all(
      former.map(async (address) => ((await statIfPresent(join(folder(address), "ca.crt"))) ? address : undefined)),
    );
    return present.filter((address) => address !== undefined);
  };
  return {
    name: "registry authorities",
    effect: "none",
    wanted: authorities,
    code: "bug",
    check: async () => {
      const faults = await faultsOf(files.map(fileFault));
      return findingOf([...faults, ...(await left()).map((address) => `${address} is still trusted`)]);
    },
    change: async () => {
      for (const file of files) await writeManagedFile(file);
      for (const address of await left()) {
        await rm(join(folder(address), "ca.crt"));
        if ((await readdir(folder(address))).length === 0) await rm(folder(address), { recursive: true });
      }
    },
  };
}
