import { execa } from "execa";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readIfPresent, replaceFile } from "./shared/files.ts";
import type { ServerPlace } from "./slot.ts";

/** What no process of a server may do, in setpriv's spelling: the clock is one for the whole machine. */
export const droppedCapabilities = ["sys_time"] as const;

/** Result of a command run inside a server. */
export interface ShellResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a server's process 1 is found, by anybody on the machine. */
interface Leader {
  readonly pid: number;
  /** Clock ticks from the machine's start to the process's: tells a process from a later one with the same id. */
  readonly startedAt: string;
}

/** Called by the supervisor at each boot. */
export async function writeLeader(place: ServerPlace, pid: number): Promise<void> {
  const leader: Leader = { pid, startedAt: await startOf(pid) };
  await replaceFile(join(place.directory, "leader.json"), `${JSON.stringify(leader)}\n`);
}

/** Process id of a running server's process 1 on this machine. Throws when the server is off. */
export async function serverLeader(place: ServerPlace): Promise<number> {
  const text = await readIfPresent(join(place.directory, "leader.json"));
  if (text !== undefined) {
    const leader = JSON.parse(text) as Leader;
    const startedAt = await startOf(leader.pid).catch(() => undefined);
    if (startedAt === leader.startedAt) return leader.pid;
  }
  throw new Error(`server ${place.name}: is off; "npm run sandbox -- up" boots it`);
}

/**
 * Runs a shell command as root inside a server without SSH, by entering the namespaces of its process 1: for looking at facts in a way
 * that leaves no trace in the server's own log. Never throws for a failing command.
 */
export async function shell(place: ServerPlace, command: string, stdin = ""): Promise<ShellResult> {
  const { file, args } = shellCommand(await serverLeader(place), ["/bin/sh", "-c", command]);
  const result = await execa(file, args, { input: stdin, reject: false, stripFinalNewline: false, maxBuffer: 256_000_000 });
  if (result.exitCode === undefined) throw new Error(`nsenter: ${result.shortMessage}`);
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** As `shell`, but throws when the command fails; gives standard output without the last newline. */
export async function shellOutput(place: ServerPlace, command: string, stdin = ""): Promise<string> {
  const result = await shell(place, command, stdin);
  if (result.exitCode !== 0)
    throw new Error(`server ${place.name}: "${command}" ended with ${result.exitCode}: ${result.stderr.trim() || result.stdout.trim()}`);
  return result.stdout.replace(/\n$/, "");
}

/**
 * The command line that runs `argv` inside the namespaces of process `leader` with a login's plain environment.
 *
 * Entering namespaces does not enter the server's limits: without `setpriv` the command would keep this machine's whole power, and a
 * `date --set` in it would set the clock of everything that runs here. It is dropped outside, where the server has no say.
 */
export function shellCommand(leader: number, argv: readonly string[]): { readonly file: string; readonly args: readonly string[] } {
  const environment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "USER=root",
    "LANG=C.UTF-8",
    "TERM=xterm-256color",
  ];
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"];
  const limits = droppedCapabilities.map((name) => `-${name}`).join(",");
  return {
    file: "/usr/bin/setpriv",
    args: [
      `--bounding-set=${limits}`,
      `--inh-caps=${limits}`,
      "/usr/bin/nsenter",
      `--target=${leader}`,
      ...namespaces,
      "--",
      // The working directory is set here, inside: nsenter would take it from the machine.
      ...["/usr/bin/env", "-i", "-C", "/root", ...environment],
      ...argv,
    ],
  };
}

/**
 * What `sandbox shell` runs for the words after the server's name: a login shell for none, a line of shell for a single one, and for several
 * exactly that program with those arguments. Put together into a line, words with blanks would fall apart.
 */
export function wordsInServer(words: readonly string[]): readonly string[] {
  // `shell staging -- terrace …`: people write it out of habit, and it arrives since all words are passed through.
  const [line, ...rest] = words[0] === "--" ? words.slice(1) : words;
  if (line === undefined) return ["/bin/bash", "--login"];
  return rest.length === 0 ? ["/bin/sh", "-c", line] : [line, ...rest];
}

/** One login over SSH, from sshd's journal. */
export interface SshLogin {
  readonly user: string;
  readonly from: string;
  /** Of the key: `SHA256:…`. */
  readonly fingerprint: string;
}

/** sshd's messages since the server was made, oldest first, over all boots. */
async function sshdMessages(place: ServerPlace): Promise<readonly string[]> {
  const journal = await shellOutput(
    place,
    "journalctl --sync; journalctl --quiet --identifier=sshd --identifier=sshd-session --output=cat --no-pager",
  );
  return journal.split("\n");
}

/** TCP connections that sshd has taken since the server was made, also those that never logged in. */
export async function sshConnections(place: ServerPlace): Promise<number> {
  return (await sshdMessages(place)).filter((message) => message.startsWith("Connection from ")).length;
}

/** Logins with a key since the server was made, oldest first. */
export async function sshLogins(place: ServerPlace): Promise<readonly SshLogin[]> {
  return (await sshdMessages(place)).flatMap((message) => {
    const match = /^Accepted publickey for (\S+) from (\S+) port \d+ ssh2: \S+ (SHA256:\S+)/.exec(message);
    return match === null ? [] : [{ user: match[1] ?? "", from: match[2] ?? "", fingerprint: match[3] ?? "" }];
  });
}

/** Field 22 of /proc/<pid>/stat; the command's name before it may hold spaces and parentheses. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  if (start === undefined) throw new Error(`/proc/${pid}/stat: has no start time: "${stat}"`);
  return start;
}
