import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execa } from "execa";
import { chmod, chown, link, lutimes, mkdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { imagetool, type LayerAnswer } from "../../../sandbox/images/imagetool.ts";
import { temporaryFolder } from "./container.ts";

const epoch = 1_767_225_600;
const builtAfter = 1_800_000_000;
const old = new Date("2025-03-15T01:47:00Z");

describe("layers", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  const layer = (source: string, below: readonly string[] = []): Promise<LayerAnswer> =>
    imagetool("layer", { source, output: `${source}.tar.gz`, below, builtAfter, epoch });
  const list = async (source: string): Promise<readonly string[]> => {
    const { stdout } = await execa("tar", [
      "--list",
      "--verbose",
      "--numeric-owner",
      "--full-time",
      "--utc",
      "--gzip",
      "--file",
      `${source}.tar.gz`,
    ]);
    return stdout.split("\n").map((line) => line.replace(/\s+/g, " "));
  };

  it("have the same bytes whatever the order and the time in which their files were made", async () => {
    const names = ["b/two", "a/one", "a/three"];
    const digests: string[] = [];
    for (const [tree, order, made] of [
      ["first", names, 1_800_000_001],
      ["second", [...names].reverse(), 1_900_000_000],
    ] as const) {
      const root = await folder.make(tree);
      for (const name of order) {
        await mkdir(join(root, name, ".."), { recursive: true });
        await writeFile(join(root, name), name);
        await utimes(join(root, name), made, made);
      }
      for (const directory of ["a", "b"]) await utimes(join(root, directory), made, made);
      digests.push((await layer(root)).digest);
    }
    assert.equal(digests[0], digests[1]);
  });

  it("keep owners, modes, links and the times of files that came out of packages", async () => {
    const root = await folder.make("kept");
    await writeFile(join(root, "packaged"), "x");
    await chown(join(root, "packaged"), 999, 998);
    await chmod(join(root, "packaged"), 0o4750);
    await utimes(join(root, "packaged"), old, old);
    await link(join(root, "packaged"), join(root, "same"));
    await symlink("packaged", join(root, "to"));
    await lutimes(join(root, "to"), 1_900_000_000, 1_900_000_000);
    await layer(root);
    assert.deepEqual(await list(root), [
      "-rwsr-x--- 999/998 1 2025-03-15 01:47:00 packaged",
      "hrwsr-x--- 999/998 0 2025-03-15 01:47:00 same link to packaged",
      "lrwxrwxrwx 0/0 0 2026-01-01 00:00:00 to -> packaged",
    ]);
    assert.equal((await stat(join(root, "packaged"))).mtimeMs, old.getTime());
  });

  it("settle times on disk too, since later layers copy directories from there", async () => {
    const root = await folder.make("settled");
    await mkdir(join(root, "new"));
    await utimes(join(root, "new"), 1_900_000_000, 1_900_000_000);
    await layer(root);
    assert.equal((await stat(join(root, "new"))).mtimeMs, epoch * 1000);
  });

  it("say what an overlay took away, and hide a folder only where there is one below", async () => {
    const below = await folder.make("below");
    const root = await folder.make("whiteouts");
    await mkdir(join(below, "kept"));
    await mkdir(join(below, "replaced"));
    await writeFile(join(below, "gone"), "");
    const [work, merged] = [await folder.make("work"), await folder.make("merged")];
    const options = `lowerdir=${below},upperdir=${root},workdir=${work},index=off,metacopy=off,redirect_dir=off`;
    const mount = `mount -t overlay overlay -o ${options} ${merged}`;
    await execa("unshare", [
      "--mount",
      "sh",
      "-euc",
      `${mount}; cd ${merged}; rm gone; rmdir replaced; mkdir replaced made; mv made kept/fresh`,
    ]);
    await layer(root, [below]);
    assert.deepEqual(
      (await list(root)).map((line) => line.split(" ").at(-1)),
      [".wh.gone", "kept/", "kept/fresh/", "replaced/", "replaced/.wh..wh..opq"],
    );
  });

  it("tell the digests of the compressed and of the plain archive, and the size", async () => {
    const root = await folder.make("sums");
    await writeFile(join(root, "file"), "content");
    const answer = await layer(root);
    const bytes = await readFile(`${root}.tar.gz`);
    const sha256 = (data: Buffer): string => `sha256:${createHash("sha256").update(data).digest("hex")}`;
    assert.deepEqual(answer, { digest: sha256(bytes), diffId: sha256(gunzipSync(bytes)), size: bytes.length });
  });

  it("refuse what no image can hold, by name", async () => {
    const root = await folder.make("pipes");
    await execa("mkfifo", [join(root, "pipe")]);
    await assert.rejects(layer(root), {
      message: new RegExp(`^imagetool layer: ${root}/pipe: is p.*; a layer takes files, directories and symbolic links$`),
    });
  });
});
