import { execa } from "execa";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aptMirror } from "../../aptMirror.ts";
import { startAptProxy } from "../../aptProxy.ts";
import { installPrerequisites } from "../../prerequisites.ts";
import { serverSources } from "../../serverRoot.ts";
import { step } from "../../shared/step.ts";

/** What builds share while they run: one look at the mirror, one fetch of the package lists, one cache of package files. */
export interface AptSession {
  /** Text of the images' sources. */
  readonly sources: string;
  /** apt options, as lines for an apt.conf. */
  readonly options: readonly string[];
  /** Folder of fetched package lists; builds only read it. */
  readonly lists: string;
  close(): Promise<void>;
}

/**
 * Reads the machine's mirror, starts the caching proxy on loopback and fetches the package lists. The machine's own apt does the
 * installing (images need no apt inside), with none of the machine's own settings except those about the mirror.
 */
export async function openApt(): Promise<AptSession> {
  await installPrerequisites();
  return step("Debian package lists", async () => {
    const mirror = await aptMirror();
    const directory = await mkdtemp(join(tmpdir(), "terrace-apt-"));
    const failures: unknown[] = [];
    const proxy = await startAptProxy({ host: "127.0.0.1", port: 0, mirror, log: (entry) => "error" in entry && failures.push(entry) });
    const close = async (): Promise<void> => {
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    };
    const session: AptSession = {
      sources: serverSources(mirror),
      options: [
        `Acquire::http::Proxy "http://127.0.0.1:${proxy.port}";`,
        'Acquire::Languages "none";',
        'APT::Install-Recommends "false";',
        ...mirror.dateChecks,
      ],
      lists: join(directory, "lists"),
      close,
    };
    try {
      await mkdir(join(session.lists, "partial"), { recursive: true });
      await writeFile(join(directory, "debian.sources"), session.sources);
      const configuration = aptConfiguration(session, {
        sources: join(directory, "debian.sources"),
        lists: session.lists,
        state: directory,
        status: "/dev/null",
      });
      await writeFile(join(directory, "apt.conf"), configuration);
      // Warnings about a source that cannot be had must fail here: an old list would give other packages without a word.
      const updated = await execa("apt-get", ["update", "-q", "--error-on=any"], {
        env: { APT_CONFIG: join(directory, "apt.conf"), LC_ALL: "C.UTF-8" },
        all: true,
        reject: false,
      });
      if (updated.failed)
        throw new Error(`apt-get update: ended with ${updated.exitCode ?? "no exit code"}\n${updated.all}\n${JSON.stringify(failures)}`);
    } catch (error) {
      await close();
      throw error;
    }
    return session;
  });
}

/** Folders and files of one run of apt. */
export interface AptPaths {
  readonly sources: string;
  readonly lists: string;
  /** Folder for apt's caches, logs and marks. */
  readonly state: string;
  /** dpkg's status file of the tree that is being changed. */
  readonly status: string;
  /** Root of that tree, where dpkg runs; absent when nothing gets installed. */
  readonly tree?: string;
}

/** An apt.conf that keeps the machine's own settings, caches and marks out. Pure. */
export function aptConfiguration(session: Pick<AptSession, "options">, paths: AptPaths): string {
  return [
    'Dir::Etc::Parts "/dev/null";',
    'Dir::Etc::Main "/dev/null";',
    'Dir::Etc::SourceParts "/dev/null";',
    'Dir::Etc::Preferences "/dev/null";',
    'Dir::Etc::PreferencesParts "/dev/null";',
    `Dir::Etc::SourceList "${paths.sources}";`,
    `Dir::State "${paths.state}/state";`,
    `Dir::State::Lists "${paths.lists}";`,
    `Dir::State::Status "${paths.status}";`,
    `Dir::Cache "${paths.state}/cache";`,
    `Dir::Log "${paths.state}/log";`,
    // Folders of root's are not readable by apt's own user.
    'APT::Sandbox::User "root";',
    'DPkg::Options:: "--force-unsafe-io";',
    ...(paths.tree === undefined ? [] : [`DPkg::Chroot-Directory "${paths.tree}";`]),
    ...session.options,
    "",
  ].join("\n");
}
