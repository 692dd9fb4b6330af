import { execa } from "execa";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { epochSeconds, type Layer } from "../layer.ts";
import { aptConfiguration, type AptSession } from "./apt.ts";

const chrootScript = join(import.meta.dirname, "chroot.sh");

/** What packages' scripts see; the three last ones are clocks and dice that would get into the layer. */
export const scriptEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  DEBIAN_FRONTEND: "noninteractive",
  LC_ALL: "C.UTF-8",
  UCF_FORCE_CONFFOLD: "1",
  SOURCE_DATE_EPOCH: String(epochSeconds),
  PYTHONHASHSEED: "0",
  PERL_HASH_SEED: "0",
} as const;

export interface TreeChange {
  /** The tree to change; with `on`, the folder that receives what changes. */
  readonly tree: string;
  /** Folder of the build, on the same file system as the tree. */
  readonly scratch: string;
  /** Shell texts that run inside the tree. */
  readonly scripts: Readonly<Record<"before" | "after" | "clean", string>>;
  readonly on?: { readonly below: readonly Layer[]; readonly packages: readonly string[]; readonly session: AptSession };
}

/** Runs scripts inside a tree and installs packages into it; what it needs for that lies in `scratch` and is gone afterwards. */
export async function changeTree({ tree, scratch, scripts, on }: TreeChange): Promise<void> {
  const shared = join(scratch, "shared");
  const overlay = join(scratch, "overlay");
  const target = on === undefined ? tree : join(overlay, "merged");
  for (const path of ["tmp", "state", "cache/archives/partial", "log"]) await mkdir(join(shared, path), { recursive: true });
  for (const path of ["merged", "work"]) await mkdir(join(overlay, path), { recursive: true });
  for (const [name, text] of Object.entries(scripts)) await writeFile(join(shared, `${name}.sh`), text);
  if (on !== undefined) {
    await writeFile(join(shared, "debian.sources"), on.session.sources);
    const paths = {
      sources: "/mnt/debian.sources",
      lists: on.session.lists,
      state: "/mnt",
      status: `${target}/var/lib/dpkg/status`,
      tree: target,
    };
    await writeFile(join(shared, "apt.conf"), aptConfiguration(on.session, paths));
  }
  // overlayfs names its lower trees from the top down.
  const lower = on?.below.map((layer) => layer.tree).reverse() ?? [];
  const mounts = on === undefined ? ["", "", ""] : [lower.join(":"), tree, join(overlay, "work")];
  const result = await execa(
    "unshare",
    ["--mount", "--pid", "--fork", "--kill-child", "sh", chrootScript, target, shared, ...mounts, ...(on?.packages ?? [])],
    {
      env: { ...scriptEnvironment, APT_CONFIG: "/mnt/apt.conf", TMPDIR: "/mnt/tmp" },
      extendEnv: false,
      stdin: "ignore",
      all: true,
      reject: false,
    },
  );
  if (result.failed)
    throw new Error(`${target}: installing ended with ${result.exitCode ?? result.signal ?? "no exit code"}\n${result.all}`);
  await rm(shared, { recursive: true });
  await rm(overlay, { recursive: true });
}
