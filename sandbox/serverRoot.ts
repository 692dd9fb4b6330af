import { execa } from "execa";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aptMirror, serverSuite, type AptMirror } from "./aptMirror.ts";
import { startAptProxy } from "./aptProxy.ts";
import { cached, cacheKey } from "./shared/cache.ts";
import { step } from "./shared/step.ts";

/**
 * What a freshly ordered Debian 13 server has, and no more: no Docker, no Node, no Python. Whatever else a release needs, the platform
 * layer must bring, so a forgotten package shows here first.
 */
const packages = [
  "ca-certificates",
  "curl",
  "dbus",
  "iproute2",
  "iputils-ping",
  "kmod",
  "libpam-systemd",
  "logrotate",
  "netbase",
  "nftables",
  "openssh-server",
  "procps",
  "sudo",
  "systemd",
  "systemd-sysv",
  "tzdata",
] as const;

/** Kept in the root, so that packages installed later are as small as the first ones. */
const dpkgSettings = [
  "path-exclude=/usr/share/doc/*",
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/locale/*",
  "force-unsafe-io",
];

/** Raise when the steps after mmdebstrap change: the cache key cannot see them. */
const recipeVersion = "2";

/** apt sources of a server, with the name that Debian's own images have; only the suites that this machine's mirror has. */
export function serverSources(mirror: Pick<AptMirror, "archives">): string {
  const stanza = (uri: string, suites: string): string =>
    `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`;
  const debian = stanza("http://deb.debian.org/debian", `${serverSuite} ${serverSuite}-updates`);
  if (mirror.archives["debian-security"] === undefined) return debian;
  return `${debian}\n${stanza("http://deb.debian.org/debian-security", `${serverSuite}-security`)}`;
}

/** The folder of the root file system that every server starts from, made on first use (under a minute) and then shared, read-only. */
export async function serverRoot(): Promise<{ readonly directory: string; readonly key: string }> {
  const key = cacheKey(recipeVersion, serverSuite, ...packages, ...dpkgSettings);
  const entry = await cached("root", key, (temporary) =>
    step(`Debian ${serverSuite} root file system (once, under a minute)`, () => buildRoot(join(temporary, "root"))),
  );
  return { directory: join(entry, "root"), key };
}

async function buildRoot(root: string): Promise<void> {
  const mirror = await aptMirror();
  // Through our own proxy, so that the packages stay in the cache when the recipe changes, and one piece of code knows the mirror.
  const failures: unknown[] = [];
  const proxy = await startAptProxy({ host: "127.0.0.1", port: 0, mirror, log: (entry) => "error" in entry && failures.push(entry) });
  try {
    const options = [
      `Acquire::http::Proxy "http://127.0.0.1:${proxy.port}"`,
      'APT::Install-Recommends "false"',
      ...mirror.dateChecks.map((line) => line.replace(/;$/, "")),
    ];
    // What it mounts in the root goes with it, however it ends.
    const result = await execa(
      "unshare",
      [
        ...["--mount", "--propagation", "slave", "--", "mmdebstrap"],
        "--mode=root",
        "--variant=minbase",
        "--format=directory",
        `--include=${packages.join(",")}`,
        ...options.map((option) => `--aptopt=${option}`),
        ...dpkgSettings.map((setting) => `--dpkgopt=${setting}`),
        "--skip=check/empty",
        serverSuite,
        root,
        "-",
      ],
      { input: serverSources(mirror), all: true, reject: false, env: { LC_ALL: "C.UTF-8" } },
    );
    if (result.failed) {
      throw new Error(
        `mmdebstrap: ended with ${result.exitCode ?? result.signal ?? "no exit code"}\n${result.all}\n${JSON.stringify(failures)}`,
      );
    }
  } finally {
    await proxy.close();
  }
  await finishRoot(root, serverSources(mirror));
}

/** Takes out what belongs to the machine that built the root or to one server only. */
async function finishRoot(root: string, sources: string): Promise<void> {
  const inside = (path: string): string => join(root, path);
  await Promise.all([
    rm(inside("etc/apt/apt.conf.d/99mmdebstrap"), { force: true }),
    rm(inside("etc/apt/sources.list"), { force: true }),
    rm(inside("etc/resolv.conf"), { force: true }),
    rm(inside("etc/hostname"), { force: true }),
    ...["rsa", "ecdsa", "ed25519"].flatMap((type) => [
      rm(inside(`etc/ssh/ssh_host_${type}_key`), { force: true }),
      rm(inside(`etc/ssh/ssh_host_${type}_key.pub`), { force: true }),
    ]),
    // Without the folder the journal is kept in memory only, and nothing is left to read after a power cut.
    mkdir(inside("var/log/journal"), { recursive: true, mode: 0o2755 }),
    mkdir(inside("etc/apt/sources.list.d"), { recursive: true }),
  ]);
  for (const name of await mmdebstrapSources(root)) await rm(inside(`etc/apt/sources.list.d/${name}`), { force: true });
  await writeFile(inside("etc/apt/sources.list.d/debian.sources"), sources);
  // dpkg leaves translations out anyway; their index is larger than the rest of the lists together.
  await writeFile(inside("etc/apt/apt.conf.d/90no-translations"), 'Acquire::Languages "none";\n');
  // PAM complains about its absence at every login.
  await writeFile(inside("etc/default/locale"), "LANG=C.UTF-8\n");
  const release = await readFile(inside("etc/os-release"), "utf8");
  if (!release.includes(`VERSION_CODENAME=${serverSuite}`))
    throw new Error(`mmdebstrap: made something else than ${serverSuite}: ${release}`);
}

async function mmdebstrapSources(root: string): Promise<readonly string[]> {
  return (await readdir(join(root, "etc/apt/sources.list.d"))).filter((name) => name !== "debian.sources");
}
