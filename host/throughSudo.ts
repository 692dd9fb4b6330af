import { spawn } from "node:child_process";
import { userInfo } from "node:os";
import { Failure } from "./ending.ts";

/** What sudo itself ends with when it refuses; no outcome of ours has this code. */
const refusedBySudo = 1;

/**
 * An operator types `terrace status`, and may do by sudo what stands in its rules: the entry by its full path, which the name on the search
 * path is only a link to. Gives the exit code. Throws `Failure (not_privileged)` for whoever may not.
 */
export async function throughSudo(entry: string, words: readonly string[]): Promise<number> {
  const child = spawn("/usr/bin/sudo", ["-n", entry, ...words], { stdio: "inherit" });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (exitCode !== null && exitCode !== refusedBySudo) return exitCode;
  throw new Failure("refused", "not_privileged", `terrace runs as root, and ${userInfo().username} is not one whom sudo lets run it`);
}
