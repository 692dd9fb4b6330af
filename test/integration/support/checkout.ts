import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../../..");

/** A copy of this project with a git history of its own, in which a test may change, commit and revert what it likes. */
export interface Checkout {
  readonly directory: string;
  path(file: string): string;
  read(file: string): Promise<string>;
  /** Replaces a file's text. */
  write(file: string, text: string): Promise<void>;
  /** Changes a file by replacing text that must be there. */
  edit(file: string, from: string | RegExp, to: string | ((found: string) => string)): Promise<void>;
  git(...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Copies what git knows here, changes included, and shares the installed packages. */
export async function throwAwayCheckout(): Promise<Checkout> {
  const directory = await mkdtemp(join(tmpdir(), "terrace-checkout-"));
  const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const file of stdout.split("\0").filter((name) => name !== "")) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    // A file that was deleted but not yet committed is listed and absent.
    await cp(join(root, file), join(directory, file)).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    });
  }
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  const git = async (...args: string[]): Promise<string> =>
    (
      await run("git", ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", ...args], {
        cwd: directory,
      })
    ).stdout;
  await git("init", "-q", "-b", "main");
  await git("add", "-A");
  await git("commit", "-q", "-m", "start");
  const path = (file: string): string => join(directory, file);
  const read = (file: string): Promise<string> => readFile(path(file), "utf8");
  const write = (file: string, text: string): Promise<void> => writeFile(path(file), text);
  return {
    directory,
    path,
    read,
    write,
    git,
    edit: async (file, from, to) => {
      const before = await read(file);
      const after = typeof to === "string" ? before.replace(from, to) : before.replace(from, to);
      if (after === before) throw new Error(`${file}: does not hold ${String(from)}`);
      await write(file, after);
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
