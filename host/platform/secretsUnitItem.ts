import { readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { checked } from "./checked.ts";
import { findingOf } from "./item.ts";
import type { Item } from "./item.ts";
import { faultsOf, fileFault, writeManagedFile } from "./managedFile.ts";
import type { SystemPlaces } from "./places.ts";

const unit = "terrace-secrets.service";

/**
 * Secrets delivered as files lie on a tmpfs and are gone after a power cut, but Docker starts the containers that mount them by itself and
 * at once. So they are unsealed before Docker. Wanted, not required: an instance whose secrets cannot be unsealed must not keep the others
 * from starting.
 */
export function secretsUnit(programDirectory: string): string {
  return `# Written by Terrace; whatever is changed here by hand is taken back when the platform is applied again.
[Unit]
Description=Terrace: unseal the secret files of instances before Docker starts containers
RequiresMountsFor=/var/lib/terrace /opt/terrace
Before=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${join(programDirectory, "current/terrace.cjs")} unseal
UMask=0077

[Install]
WantedBy=docker.service
`;
}

export function secretsUnitItem(world: Pick<Context, "execute" | "paths"> & { readonly places: SystemPlaces }): Item {
  const path = world.places.secretsUnit;
  const file = { path, content: secretsUnit(world.paths.program), mode: 0o644 };
  const wants = join(path, "..", "docker.service.wants", unit);
  const enabled = async (): Promise<boolean> => (await readlink(wants).catch(() => undefined)) === path;
  return {
    name: "secrets at boot",
    effect: "none",
    wanted: file.content,
    code: "bug",
    check: async () => findingOf([...(await faultsOf([fileFault(file)])), ...((await enabled()) ? [] : [`${unit} is not enabled`])]),
    change: async () => {
      await writeManagedFile(file);
      await checked(world.execute, { argv: ["systemctl", "daemon-reload"] });
      await checked(world.execute, { argv: ["systemctl", "reenable", unit] });
    },
  };
}
