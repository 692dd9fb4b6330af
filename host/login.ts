import { deployEnvironment, operatorGroup } from "./caller.ts";
import type { Login } from "./caller.ts";
import type { Execute } from "./command.ts";

/**
 * Who called, by the words of sudo and of the system's own account files. `sudoUser` is sudo's `SUDO_USER`; absent where root called
 * directly.
 */
export async function readLogin(execute: Execute, userId: number, sudoUser: string | undefined): Promise<Login> {
  if (sudoUser === undefined || sudoUser === "root") return { userId, sudoUser, groups: [], isRootBySudo: false };
  const { stdout } = await execute({ argv: ["/usr/bin/id", "-nG", "--", sudoUser], timeoutSeconds });
  const groups = stdout.split(/\s+/).filter((group) => group !== "");
  const isOurs = deployEnvironment(sudoUser) !== undefined || groups.includes(operatorGroup);
  return { userId, sudoUser, groups, isRootBySudo: !isOurs && (await isRootBySudo(execute, sudoUser)) };
}

/** sudo's own answer (sudo(8), `--list` with a command): whom it lets run a shell as root is root. */
async function isRootBySudo(execute: Execute, user: string): Promise<boolean> {
  const listed = await execute({ argv: ["/usr/bin/sudo", "-n", "-l", "-U", user, "/bin/sh"], timeoutSeconds });
  return listed.exitCode === 0;
}

const timeoutSeconds = 10;
