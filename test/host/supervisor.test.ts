import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostPaths } from "../../host/paths.ts";
import { busySentence, leaseFile, removeHolder, writeHolder } from "../../host/state/lease.ts";
import { supervise, supervisedCommand } from "../../host/supervisor.ts";
import { rolloutRequest } from "./fixtures.ts";

const supervised = {
  verb: "rollout",
  lease: "shop-prod",
  lockFile: "/var/lib/terrace/shop-prod/lock",
  program: "/opt/terrace/abc/terrace.cjs",
};

describe("host/supervisor", () => {
  it("runs the program under the lock, in a unit that the SSH session does not own", () => {
    const locked = [
      "/usr/bin/flock",
      "-n",
      "-E",
      "40",
      "-F",
      supervised.lockFile,
      process.execPath,
      supervised.program,
      "supervised",
      "rollout",
    ];
    assert.deepEqual(supervisedCommand(supervised, false), locked);
    assert.deepEqual(supervisedCommand(supervised, true), [
      "/usr/bin/systemd-run",
      "--quiet",
      "--collect",
      "--pipe",
      "--wait",
      `--unit=terrace-rollout-shop-prod-${process.pid}`,
      "--description=terrace rollout shop-prod",
      ...locked,
    ]);
  });

  describe("without systemd", () => {
    let directory: string;
    const envelope = { actor: { user: "root", key: null }, request: rolloutRequest() };
    const program = async (text: string): Promise<typeof supervised> => {
      const path = join(directory, "program.cjs");
      await writeFile(path, text);
      return { ...supervised, program: path, lockFile: await leaseFile(hostPaths(directory), "shop-prod") };
    };
    before(function () {
      // On a machine with systemd the unit would be made for real; there the servers' tests are the ones to look at.
      if (process.platform !== "linux") this.skip();
    });
    beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "terrace-lease-"))));
    afterEach(() => rm(directory, { recursive: true }));

    it("hands the request over on standard input and passes exit code and result on", async () => {
      const seen = join(directory, "seen");
      const text = `require("fs").writeFileSync(${JSON.stringify(seen)}, require("fs").readFileSync(0)); process.exit(20)`;
      assert.deepEqual(await supervise(await program(text), envelope), { exitCode: 20, stdout: "" });
      assert.deepEqual(JSON.parse(await readFile(seen, "utf8")), envelope);
      assert.deepEqual(await supervise(await program('console.log("{}")'), envelope), { exitCode: 0, stdout: "{}\n" });
    });

    it("keeps a lease that only root can open, also one that an earlier program made: reading is enough to lock a file", async () => {
      const lock = await leaseFile(hostPaths(directory), "shop-prod");
      assert.equal((await stat(lock)).mode & 0o777, 0o600);
      await chmod(lock, 0o644);
      await leaseFile(hostPaths(directory), "shop-prod");
      assert.equal((await stat(lock)).mode & 0o777, 0o600);
    });

    it("says busy while somebody holds the lease, and not a moment longer", async () => {
      const wanted = await program("console.log('{}')");
      const holder = spawn("flock", ["-x", wanted.lockFile, "sh", "-c", "echo held; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
      await once(holder.stdout, "data");
      assert.equal(await supervise(wanted, envelope), "busy");
      // Its child has the lock too: ended from inside, both are gone when it exits.
      holder.stdin.end();
      await once(holder, "exit");
      assert.deepEqual(await supervise(wanted, envelope), { exitCode: 0, stdout: "{}\n" });
    });

    it("does not take a process for a finished one that systemd says ended well, as it does after a SIGTERM", async () => {
      await assert.rejects(supervise(await program("process.exit(0)"), envelope), {
        code: "interrupted",
        message: "the process that carried the request out ended without a result",
      });
    });

    it("does not take a killed process for a finished one", async () => {
      await assert.rejects(supervise(await program('process.kill(process.pid, "SIGKILL")'), envelope), {
        code: "interrupted",
        message: /ended with (a signal|\d+)$/,
      });
    });
  });

  it("names who holds a lease, and does without where nobody said so", async () => {
    const directory = await mkdtemp(join(tmpdir(), "terrace-lease-"));
    const paths = hostPaths(directory);
    assert.equal(await busySentence(paths, "shop-prod"), "shop-prod: another request is running");
    const clock = { now: () => new Date("2026-11-21T10:00:00Z"), elapsed: () => 0, pause: () => Promise.resolve() };
    await writeHolder({ paths, clock, actor: { user: "deploy-prod", key: null } }, "shop-prod", "rollout");
    assert.equal(
      await busySentence(paths, "shop-prod"),
      `shop-prod: rollout by deploy-prod has been running since 2026-11-21T10:00:00.000Z (process ${process.pid})`,
    );
    await writeFile(join(paths.instance("shop-prod"), "holder.json"), '{"verb":');
    assert.equal(await busySentence(paths, "shop-prod"), "shop-prod: another request is running");
    await removeHolder(paths, "shop-prod");
    await rm(directory, { recursive: true });
  });
});
