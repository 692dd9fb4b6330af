import { join } from "node:path";
import type { HostPaths } from "../paths.ts";
import { hostSecretsFolder } from "../secrets/hostSecrets.ts";
import { findingOf } from "./item.ts";
import type { Item } from "./item.ts";
import { directoryFault, faultsOf, makeManagedDirectory } from "./managedFile.ts";
import type { ManagedDirectory } from "./managedFile.ts";

/**
 * Everything the program keeps belongs to root, and only root can enter the folders that tell of instances: deploy users have a shell, and
 * what one environment runs and who deployed it is not for another one's. They and people ask `terrace status` and `terrace history`.
 * Open are the links by name, and what Traefik reads but for its keys.
 */
export function wantedDirectories(paths: HostPaths): ManagedDirectory[] {
  const open = 0o755;
  const closed = 0o700;
  return [
    { path: join(paths.root, "srv/releases"), mode: closed },
    { path: join(paths.root, "srv/releases/stacks"), mode: closed },
    { path: paths.currentRecords, mode: closed },
    { path: join(paths.root, "srv/releases/verified"), mode: closed },
    { path: join(paths.root, "srv/releases/quarantine"), mode: closed },
    { path: join(paths.root, "srv/stacks"), mode: open },
    { path: join(paths.root, "srv/terrace"), mode: open },
    { path: join(paths.root, "srv/terrace/data"), mode: closed },
    { path: paths.ingress, mode: open },
    { path: paths.ingressDynamic, mode: open },
    { path: paths.ingressCertificates, mode: closed },
    { path: paths.state, mode: closed },
    { path: paths.sealedSecrets, mode: closed },
    { path: paths.instance(hostSecretsFolder), mode: closed },
  ];
}

export function directoriesItem(paths: HostPaths): Item {
  const directories = wantedDirectories(paths);
  return {
    name: "directories",
    effect: "none",
    wanted: directories.map(({ path, mode }) => `${mode.toString(8)} ${path}`),
    code: "bug",
    check: async () => findingOf(await faultsOf(directories.map(directoryFault))),
    change: async () => {
      for (const directory of directories) await makeManagedDirectory(directory);
    },
  };
}
