import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { releaseId } from "../../../contract/index.ts";
import type { Manifest } from "../../../contract/index.ts";
import { hostPaths } from "../../../host/paths.ts";
import type { HostPaths } from "../../../host/paths.ts";
import { readRelease, removeHalfWritten, removeRelease, unusedName, writeRelease } from "../../../host/release/releaseDirectory.ts";
import type { ReleaseRecord } from "../../../host/state/releases.ts";
import { manifest } from "../fixtures.ts";

const made = new Date("2026-11-21T10:00:00.500Z");
const shop = manifest({ config: { "motd.txt": "hello\n", "nginx/site.conf": "server {}\n" } });

describe("host/release/releaseDirectory", () => {
  let paths: HostPaths;
  beforeEach(async () => (paths = hostPaths(await mkdtemp(join(tmpdir(), "terrace-release-")))));
  afterEach(() => rm(paths.root, { recursive: true }));

  const write = async (of: Manifest = shop): Promise<{ record: ReleaseRecord; directory: string }> => {
    const { release, directory, seal } = await writeRelease(paths, of, made);
    const record = {
      release,
      releaseId: releaseId(of),
      rollout: 1,
      seal,
      version: "1",
      commit: "abcdef1",
      secrets: null,
      proven: true,
      before: null,
    };
    return { record, directory };
  };

  it("writes everything a release is, and reads it back", async () => {
    const { record, directory } = await write();
    assert.equal(record.release, "sha-abcdef1__20261121T100000Z");
    assert.deepEqual((await readdir(directory, { recursive: true })).sort(), [
      ".env",
      "SHA256SUMS",
      "compose.yaml",
      "config",
      "config/motd.txt",
      "config/nginx",
      "config/nginx/site.conf",
      "manifest.json",
    ]);
    assert.equal(await readFile(join(directory, "config/nginx/site.conf"), "utf8"), "server {}\n");
    assert.equal((await stat(join(directory, "compose.yaml"))).mode & 0o777, 0o444);
    assert.equal((await stat(join(directory, ".env"))).mode & 0o777, 0o400);
    assert.deepEqual(await readRelease(paths, "shop-prod", record), shop);
    const { stdout } = await promisify(execFile)("sha256sum", ["--check", "SHA256SUMS"], { cwd: directory });
    assert.equal(stdout.trim().split("\n").length, 5);
  });

  it("takes the report that comes later for no change", async () => {
    const { record, directory } = await write();
    await writeFile(join(directory, "report.json"), "{}");
    await readRelease(paths, "shop-prod", record);
  });

  for (const [what, change, message] of [
    [
      "a changed file",
      (at: string) => writeFile(join(at, "config/motd.txt"), "bye\n"),
      /motd\.txt was changed after the release was sealed$/,
    ],
    ["a file that is gone", (at: string) => unlink(join(at, "compose.yaml")), /compose\.yaml is missing$/],
    ["a file that was added", (at: string) => writeFile(join(at, "config/more"), ""), /more was added after the release was sealed$/],
    ["a seal that is gone", (at: string) => unlink(join(at, "SHA256SUMS")), /SHA256SUMS is missing$/],
    [
      "a seal that was written anew for changed files",
      async (at: string) => {
        await writeFile(join(at, "config/motd.txt"), "bye\n");
        const { stdout } = await promisify(execFile)(
          "sh",
          ["-c", "sha256sum .env compose.yaml config/motd.txt config/nginx/site.conf manifest.json"],
          { cwd: at },
        );
        await writeFile(join(at, "SHA256SUMS"), stdout);
      },
      /SHA256SUMS is not the list that was sealed$/,
    ],
    ["a directory that is gone", (at: string) => rm(at, { recursive: true }), /SHA256SUMS is missing$/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { record, directory } = await write();
      await change(directory);
      await assert.rejects(readRelease(paths, "shop-prod", record), { name: "Failure", code: "state_unreadable", message });
    });
  }

  it("refuses a release under the record of another one", async () => {
    const { record } = await write();
    await assert.rejects(readRelease(paths, "shop-prod", { ...record, releaseId: "2".repeat(64) }), {
      code: "state_unreadable",
      message: /recorded was 2222/,
    });
  });

  it("gives a second release of one second a name of its own", async () => {
    const [first, second] = [await write(), await write()];
    assert.equal(second.record.release, `${first.record.release}-2`);
    assert.equal(unusedName("r", ["r", "r-2", "r-4"]), "r-3");
  });

  it("clears what an interrupted write left, and only that", async () => {
    const { record } = await write();
    await mkdir(join(paths.releases("shop-prod"), ".tmp-abc"));
    await writeFile(join(paths.releases("shop-prod"), ".tmp-abc", "compose.yaml"), "half");
    await removeHalfWritten(paths, "shop-prod");
    assert.deepEqual(await readdir(paths.releases("shop-prod")), [record.release]);
    await removeRelease(paths, "shop-prod", record.release);
    assert.deepEqual(await readdir(paths.releases("shop-prod")), []);
    await removeHalfWritten(paths, "blog-prod");
  });
});
