import { execa } from "execa";
import { access } from "node:fs/promises";
import { step } from "./shared/step.ts";

/** A program that the sandbox runs on the machine, and the Debian package that brings it. */
interface Prerequisite {
  readonly path: string;
  readonly package: string;
}

const prerequisites: readonly Prerequisite[] = [
  { path: "/usr/bin/mmdebstrap", package: "mmdebstrap" },
  { path: "/usr/bin/systemd-nspawn", package: "systemd-container" },
  { path: "/usr/share/keyrings/debian-archive-trixie-stable.gpg", package: "debian-archive-keyring" },
  { path: "/usr/sbin/ip", package: "iproute2" },
  { path: "/usr/bin/ssh-keygen", package: "openssh-client" },
  { path: "/usr/bin/nsenter", package: "util-linux" },
  { path: "/usr/bin/setpriv", package: "util-linux" },
  { path: "/usr/bin/unshare", package: "util-linux" },
  { path: "/usr/bin/flock", package: "util-linux" },
  { path: "/etc/ssl/certs/ca-certificates.crt", package: "ca-certificates" },
];

/**
 * Installs what the machine lacks from its own package sources; takes milliseconds when nothing is missing.
 * The package lists are fetched only if an installation from the present ones fails: they may be absent or name versions that are gone.
 * Throws when not root (servers cannot be booted without) or when a package cannot be had.
 */
export async function installPrerequisites(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error("sandbox: must run as root, since it boots servers and makes a bridge; run it as root or with sudo");
  }
  const missing = [...new Set(await missingPackages())];
  if (missing.length === 0) return;
  await step(`install ${missing.join(", ")}`, async () => {
    if (await aptInstall(missing)) return;
    await execa("apt-get", ["update", "-q"], { stdio: ["ignore", "ignore", "inherit"] });
    if (!(await aptInstall(missing))) throw new Error(`apt-get install ${missing.join(" ")}: failed twice, see its messages above`);
  });
  const absent = await missingPackages();
  if (absent.length > 0)
    throw new Error(`apt-get install: ${absent.join(", ")} installed, but their programs are not where Debian 12 puts them`);
}

async function missingPackages(): Promise<readonly string[]> {
  const found = await Promise.all(
    prerequisites.map(({ path }) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return prerequisites.filter((_, index) => !found[index]).map((prerequisite) => prerequisite.package);
}

async function aptInstall(packages: readonly string[]): Promise<boolean> {
  const result = await execa("apt-get", ["install", "-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...packages], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
    reject: false,
    stdin: "ignore",
    all: true,
  });
  if (result.failed) process.stderr.write(`${result.all}\n`);
  return !result.failed;
}
