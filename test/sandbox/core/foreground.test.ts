import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockWords } from "../../../sandbox/stackLock.ts";

const root = join(import.meta.dirname, "../../..");

/** Counts the signals that reach it, and takes its time to end. */
const slow = `
  let signals = 0;
  process.on("SIGINT", () => {
    if (++signals === 1) setTimeout(() => { console.log("ended in order after " + signals + " signals"); process.exit(3); }, 700);
  });
  setInterval(() => undefined, 1000);
  console.log("working");
`;

describe("a program in the foreground", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "terrace-foreground-"));
    await writeFile(join(directory, "slow.mjs"), slow);
    await writeFile(
      join(directory, "caller.ts"),
      `import { inForeground } from ${JSON.stringify(join(root, "sandbox/foreground.ts"))};
       const words = { first: "stopping", again: "breaking off" };
       const file = ${JSON.stringify(join(directory, "slow.mjs"))};
       console.log(JSON.stringify(await inForeground(process.execPath, [file], { cwd: "/", env: process.env }, words)));`,
    );
  });
  after(() => rm(directory, { recursive: true }));

  it("is waited for after Ctrl-C, which it gets once, through our launcher too", async () => {
    // A group of their own is what a terminal sends Ctrl-C to: launcher and caller get it, and the launcher passes it on as well.
    const launcher = join(root, "toolchain/run.mjs");
    const child = spawn(process.execPath, [launcher, join(directory, "caller.ts")], {
      cwd: directory,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "" };
    child.stderr.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
    let pressed = false;
    child.stdout.on("data", (chunk: Buffer) => {
      text.stdout += chunk.toString();
      if (pressed || !text.stdout.includes("working")) return;
      pressed = true;
      process.kill(-(child.pid ?? 0), "SIGINT");
    });
    await once(child, "close");
    assert.equal(text.stdout, 'working\nended in order after 1 signals\n{"exitCode":3,"interrupted":true}\n', text.stderr);
    assert.equal(text.stderr, "\n==> stopping\n");
  });
});

describe("locks of a stack", () => {
  let backend: string;
  beforeEach(async () => {
    backend = await mkdtemp(join(tmpdir(), "terrace-locks-"));
  });
  afterEach(() => rm(backend, { recursive: true }));
  const lock = async (stack: string, pid: number): Promise<void> => {
    const folder = join(backend, ".pulumi/locks/organization/terrace", stack);
    await mkdir(folder, { recursive: true });
    const timestamp = "2026-11-21T10:00:00Z";
    await writeFile(join(folder, "0a1b.json"), JSON.stringify({ pid, username: "root", hostname: "here", timestamp }));
  };

  it("are none of another stack's", async () => {
    assert.equal(await lockWords(backend, "staging"), undefined);
    await lock("test", process.pid);
    assert.equal(await lockWords(backend, "staging"), undefined);
  });

  it("are another run's while it runs", async () => {
    await lock("staging", process.pid);
    assert.equal(
      await lockWords(backend, "staging"),
      `stack staging: is locked by another run of Pulumi (process ${process.pid}, since 2026-11-21T10:00:00Z); wait for its end, then run this again`,
    );
  });

  it("say how to be rid of them when the run is gone", async () => {
    const ended = spawn("true");
    await once(ended, "exit");
    await lock("staging", ended.pid ?? 0);
    assert.match(
      (await lockWords(backend, "staging")) ?? "",
      /broken off .*: source sandbox\/env staging && pulumi cancel --stack staging --yes$/,
    );
  });
});
