import { join } from "node:path";
import { operatorGroup } from "../caller.ts";
import type { WantedAccount } from "./accounts.ts";
import { deployerGroup } from "./accounts.ts";

/**
 * Entries a deploy user may call. Not `platform`: what changes the system is for the platform's own identity. Not `terrace`: it takes
 * arguments.
 */
export const deployEntries = [
  "host-secrets",
  "secrets",
  "data",
  "rollout",
  "retire",
  "retire-data",
  "status",
  "history",
  "rollback",
] as const;

/**
 * Text of the sudo rules (sudoers(5)). `""` after a command means "without any argument"; without it sudo would allow all of them. No
 * wildcard, no SETENV: the environment of the caller does not reach the program.
 *
 * No `use_pty` for the entries: sudo would put a terminal between sshd and the program, and a request of megabytes through that is slow
 * and not the same bytes.
 */
export function sudoRules(accounts: readonly WantedAccount[], programDirectory: string): string {
  const entry = (name: string): string => join(programDirectory, "bin", name);
  const deployers = accounts.filter(({ group }) => group === deployerGroup).map(({ name }) => name);
  return `# Written by Terrace; whatever is changed here by hand is taken back when the platform is applied again.
Cmnd_Alias TERRACE_ENTRIES = \\
${deployEntries.map((name) => `    ${entry(`terrace-${name}`)} ""`).join(", \\\n")}
Defaults!TERRACE_ENTRIES !use_pty, !requiretty
${deployers.map((name) => `${name} ALL=(root) NOPASSWD: TERRACE_ENTRIES`).join("\n")}
%${operatorGroup} ALL=(root) NOPASSWD: ${entry("terrace")}
`;
}
