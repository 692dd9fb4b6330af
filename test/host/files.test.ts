import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appendLine, readIfPresent, removeFile, replaceFile, replaceLink } from "../../host/files.ts";

describe("host/files", () => {
  let directory: string;
  const at = (name: string): string => join(directory, name);
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "terrace-files-"))));
  afterEach(() => rm(directory, { recursive: true }));

  it("replaces a file with the mode asked for, leaving nothing beside it", async () => {
    await replaceFile(at("a/b.json"), "one");
    await replaceFile(at("a/b.json"), "two", 0o600);
    assert.equal(await readFile(at("a/b.json"), "utf8"), "two");
    assert.equal((await stat(at("a/b.json"))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(at("a")), ["b.json"]);
  });

  it("never shows a reader half a file", async () => {
    const long = (letter: string): string => letter.repeat(200_000);
    await replaceFile(at("file"), long("a"));
    const stop = new AbortController();
    const reading = (async () => {
      const seen = new Set<string>();
      while (!stop.signal.aborted) {
        const text = await readFile(at("file"), "utf8");
        seen.add(`${text.slice(0, 1)}${text.length}${new Set(text).size}`);
      }
      return seen;
    })();
    for (const letter of "bcbcbcbcbc") await replaceFile(at("file"), long(letter));
    stop.abort();
    for (const seen of await reading) assert.match(seen, /^[abc]2000001$/);
  });

  it("leaves the old file, and nothing else, where the new one cannot take its place", async () => {
    await writeFile(at("file"), "old");
    await assert.rejects(replaceFile(at("file/below"), "new"));
    assert.deepEqual(await readdir(directory), ["file"]);
    await replaceFile(at("folder/x"), "x");
    await assert.rejects(replaceFile(at("folder"), "new"));
    assert.deepEqual((await readdir(directory)).sort(), ["file", "folder"]);
  });

  it("points a link elsewhere, whatever a crash has left beside it", async () => {
    await replaceFile(at("r1/x"), "1");
    await replaceFile(at("r2/x"), "2");
    await symlink(at("r1"), at("shop"));
    // What `ln -s` then `mv` leaves after a crash: the next such switch would publish the old release from within it.
    await symlink(at("r1"), at(".shop.tmp"));
    await replaceLink(at("shop"), at("r2"));
    assert.equal(await readlink(at("shop")), at("r2"));
    assert.deepEqual(await readdir(at("r1")), ["x"]);
  });

  it("never shows a reader no link", async () => {
    await replaceLink(at("shop"), at("r0"));
    const stop = new AbortController();
    const reading = (async () => {
      const seen = new Set<string>();
      while (!stop.signal.aborted) seen.add((await readlink(at("shop"))).slice(directory.length));
      return seen;
    })();
    for (let count = 1; count <= 300; count += 1) await replaceLink(at("shop"), at(`r${count}`));
    stop.abort();
    for (const seen of await reading) assert.match(seen, /^\/r\d+$/);
  });

  it("does not take a directory for a link", async () => {
    await replaceFile(at("shop/x"), "1");
    await assert.rejects(replaceLink(at("shop"), at("elsewhere")));
    assert.deepEqual((await readdir(directory)).sort(), ["shop"]);
  });

  it("appends whole lines", async () => {
    await appendLine(at("log"), "one");
    await appendLine(at("log"), "two");
    assert.equal(await readFile(at("log"), "utf8"), "one\ntwo\n");
    await assert.rejects(appendLine(at("log"), "a\nb"), RangeError);
  });

  it("appends to whole lines only: one that was torn goes", async () => {
    for (const [before, after] of [
      ["one\ntw", "one\nthree\n"],
      ["on", "three\n"],
      ["", "three\n"],
      ["one\n", "one\nthree\n"],
    ] as const) {
      await writeFile(at("log"), before);
      await appendLine(at("log"), "three");
      assert.equal(await readFile(at("log"), "utf8"), after);
    }
  });

  it("takes an absent file for absent, and every other trouble for trouble", async () => {
    assert.equal(await readIfPresent(at("none")), undefined);
    await removeFile(at("none"));
    await assert.rejects(readIfPresent(directory), { code: "EISDIR" });
  });
});
