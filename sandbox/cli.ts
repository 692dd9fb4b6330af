import Table from "cli-table3";
import { Command, InvalidArgumentError, Option } from "commander";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import pico from "picocolors";
import { ask, NotRunning } from "./control.ts";
import { exportLines, operatorVariables, sandboxVariables, writeAuthorities } from "./environment.ts";
import { downSandbox, findSlot, runningSandbox, upSandbox, type SandboxHandle } from "./index.ts";
import { installPulumi } from "./plugins/install.ts";
import type { SandboxStatus } from "./sandbox.ts";
import { readSeed } from "./seed.ts";
import { serverLeader, shellCommand, wordsInServer } from "./serverShell.ts";
import { environments, purposes, type Environment, type SlotOwner } from "./slot.ts";
import { makeStack } from "./stack.ts";
import { switchTable } from "./switches.ts";

interface SlotOptions {
  readonly slot?: number;
  readonly purpose: SlotOwner["purpose"];
}

const program = new Command("sandbox")
  .description("The outside world on one machine: servers, registry, Infisical, Cloudflare.")
  .option("--slot <number>", "use this slot (0-7) instead of the checkout's own", wholeNumber)
  .addOption(new Option("--purpose <purpose>", "the slot to work in, of the tests or of a benchmark").choices(purposes).default("main"))
  .enablePositionalOptions()
  .showHelpAfterError();

const slotOptions = (): SlotOptions => program.opts<SlotOptions>();
const progress = (line: string): void => void process.stderr.write(`${pico.dim(line)}\n`);

program
  .command("up")
  .description("bring up what is not up; can be repeated")
  .argument("[servers...]", "servers besides staging, test and prod")
  .option("--only", "bring up the named servers and not the usual three")
  .action(async (extra: string[], options: { only?: boolean }) => {
    const started = performance.now();
    const servers =
      options.only === true ? extra : [...environments, ...extra.filter((name) => !environments.includes(name as Environment))];
    const sandbox = await upSandbox({ ...slotOptions(), servers, onLine: progress });
    print(sandbox.status);
    process.stdout.write(`Up in ${((performance.now() - started) / 1000).toFixed(1)} s. Next: source sandbox/env\n`);
  });

program
  .command("down")
  .description("take everything down; disks and records stay")
  .option("--now", "pull the servers' plugs instead of shutting them down", false)
  .action(async ({ now }: { now: boolean }) => {
    const started = performance.now();
    await downSandbox({ ...slotOptions(), now, onLine: progress });
    process.stdout.write(`Down in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`);
  });

program
  .command("status")
  .description("what runs")
  .option("--json", "for machines", false)
  .action(async ({ json }: { json: boolean }) => {
    const sandbox = await running();
    if (json)
      process.stdout.write(
        `${JSON.stringify(sandbox === undefined ? { running: false } : { running: true, ...sandbox.status }, null, 2)}\n`,
      );
    else if (sandbox === undefined) process.stdout.write('Down. "npm run sandbox -- up" brings it up.\n');
    else print(sandbox.status);
  });

program
  .command("logs")
  .description("what supervisor, services and consoles wrote; without a name, which there are")
  .argument("[name]", "for example supervisor, cloudflare, console-staging")
  .option("-f, --follow", "go on as they write", false)
  .option("-n, --lines <number>", "last lines to show", wholeNumber, 50)
  .action(async (name: string | undefined, options: { follow: boolean; lines: number }) => {
    const { logs } = await findSlot(slotOptions());
    const files = await readdir(logs);
    if (name === undefined)
      process.stdout.write(
        `${files
          .map((file) => file.replace(/\.(jsonl|log)$/, ""))
          .sort()
          .join("\n")}\n`,
      );
    else {
      const file = files.find((candidate) => candidate.replace(/\.(jsonl|log)$/, "") === name);
      if (file === undefined) throw new Error(`logs: there is no "${name}" in ${logs}; there are ${files.join(", ")}`);
      await hand("tail", ["-n", String(options.lines), ...(options.follow ? ["-F"] : []), join(logs, file)]);
    }
  });

program
  .command("shell")
  .description("a root shell on a server, or one command there, without SSH")
  .argument("<server>")
  .argument("[command...]", "a program and its arguments, as typed; a single word is a line for the shell there")
  // What stands after the server's name is the command's, its options too.
  .passThroughOptions()
  .action(async (name: string, words: string[]) => {
    const sandbox = await runningSandbox(slotOptions());
    const { file, args } = shellCommand(await serverLeader(sandbox.server(name)), wordsInServer(words));
    await hand(file, args);
  });

program
  .command("reset")
  .description(
    "take everything down and forget it: disks, registry, records, keys. With a server: give that one a new disk and new host keys",
  )
  .argument("[server]")
  .action(async (server: string | undefined) => {
    if (server === undefined) {
      await downSandbox({ ...slotOptions(), now: true, reset: true, onLine: progress });
      process.stdout.write("Down, and nothing is kept but the cache.\n");
    } else print((await ask(await findSlot(slotOptions()), { verb: "rebuild", server }, progress)) as SandboxStatus);
  });

program
  .command("break")
  .description("turn a switch of a service, for a bad day; without a switch, which there are and what they want to know")
  .argument("[service]", "for example edge")
  .argument("[switch]", "for example outage")
  .argument("[json]", "what the switch wants to know")
  .action(async (service: string | undefined, control: string | undefined, json: string | undefined) => {
    if (service === undefined || control === undefined) {
      process.stdout.write(`${switchTable(service)}\nFields that are shown may be left out, unless they are said to be needed.\n`);
      return;
    }
    const sandbox = await runningSandbox(slotOptions());
    const result = await sandbox.control(service, control, json === undefined ? undefined : parseJson(json));
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  });

program
  .command("env")
  .description("shell lines that sandbox/env evaluates")
  .argument("[environment]", environments.join(", "), "staging")
  .action(async (name: string) => {
    if (!environments.includes(name as Environment)) throw new Error(`env: must be ${environments.join(", ")}, got "${name}"`);
    const slot = await findSlot(slotOptions());
    if (!existsSync(slot.seed)) throw new NotRunning(`slot ${slot.number}: was never up; run "npm run sandbox -- up"`);
    const installation = await installPulumi({ home: join(slot.directory, "pulumi-home") });
    // Sourced twice, the shell's own setting is no longer in the variable.
    const outer = process.env["TERRACE_OUTER_CA"] ?? process.env["NODE_EXTRA_CA_CERTS"];
    if ((await running()) === undefined) process.stderr.write(" !  the sandbox is down: npm run sandbox -- up brings it up\n");
    const seed = await readSeed(slot);
    const variables = {
      ...sandboxVariables(slot, seed, name as Environment),
      ...operatorVariables(slot, seed),
      ...installation.environment,
      ...(outer === undefined ? {} : { TERRACE_OUTER_CA: outer }),
      NODE_EXTRA_CA_CERTS: await writeAuthorities(slot, outer),
    };
    const all = { ...variables, PATH: withNode(installation.environment["PATH"]) };
    await makeStack(slot, name, { ...process.env, ...all });
    process.stdout.write(exportLines(all));
  });

/** The search path with the running Node's folder at its front and nothing in it twice. */
function withNode(path = ""): string {
  return [...new Set([dirname(process.execPath), ...path.split(delimiter)])].join(delimiter);
}

async function running(): Promise<SandboxHandle | undefined> {
  try {
    return await runningSandbox(slotOptions());
  } catch (error) {
    if (error instanceof NotRunning) return undefined;
    throw error;
  }
}

function print(status: SandboxStatus): void {
  const table = new Table({ head: ["server", "state", "IPv4", "IPv6", "boots since up", "note"], style: { head: [], border: [] } });
  for (const server of status.servers) {
    table.push([server.name, server.state, server.ipv4, server.ipv6, server.boots, server.note ?? ""]);
  }
  process.stdout.write(
    `${table.toString()}\nSlot ${status.slot}, supervisor ${status.supervisor}. Services: ${status.services.join(", ")}.\n`,
  );
}

/** Gives the terminal to another program and ends as it ends. */
async function hand(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, args, { stdio: "inherit" });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 130));
  });
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("must be a whole number");
  return Number(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`break: the argument must be JSON, got ${text}`, { cause: error });
  }
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(` !  ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
