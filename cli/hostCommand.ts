import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodes } from "../contract/index.ts";
import { readHostSettings } from "../src/settings/stackFile.ts";
import { UserError } from "../src/settings/userError.ts";
import { knownHostsLine, type RemoteHost, remoteHost, type RemoteOptions, sshArguments } from "./remote.ts";
import type { ExitCode } from "./run.ts";

/** What `ssh` itself ends with when there was no connection, or it broke. No outcome of the contract has this code. */
const sshFailed = 255;

/**
 * Runs `terrace` on a stack's host, with its output on this terminal, and ends as it ended. `changes`: whether it may have begun something
 * when the connection broke.
 */
export async function runOnHost(stack: string, options: RemoteOptions, words: readonly string[], changes = false): Promise<ExitCode> {
  const host = remoteHost(stack, readHostSettings(stack), options, process.env);
  const directory = await mkdtemp(join(tmpdir(), "terrace-"));
  try {
    const knownHosts = join(directory, "known_hosts");
    await writeFile(knownHosts, knownHostsLine(host), { mode: 0o600 });
    // The result in JSON is for programs: a person has read the same in a sentence.
    const output = changes && process.stdout.isTTY ? "ignore" : "inherit";
    const exitCode = await ssh(sshArguments(host, knownHosts, words, process.stdin.isTTY), output);
    if (exitCode !== sshFailed) return exitCode;
    process.stderr.write(`${lostSentence(stack, host, changes)}\n`);
    return exitCodes.internal;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function lostSentence(stack: string, { name, address, port }: RemoteHost, changes: boolean): string {
  const what = `${stack}: no connection to ${name} (${address}, port ${port}), for the reason above`;
  return changes
    ? `${what}; what was begun goes on by itself: look with "npm run terrace -- status ${stack}"`
    : `${what}; check the address, the host key, and that your key is loaded (ssh-add -l) and among the operators'`;
}

/** The person's own client, with their agent and configuration. */
async function ssh(words: readonly string[], output: "ignore" | "inherit"): Promise<number> {
  const child = spawn("ssh", [...words], { stdio: ["ignore", output, "inherit"] });
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "ENOENT"
          ? new UserError('there is no "ssh" on this machine; install OpenSSH\'s client (Debian: openssh-client)')
          : error,
      ),
    );
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? sshFailed) : sshFailed));
  });
}
