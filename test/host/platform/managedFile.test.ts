import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directoryFault, fileFault, makeManagedDirectory, writeManagedFile } from "../../../host/platform/managedFile.ts";

/** What belongs to root can only be made by root; the sandbox's machine has no other user. */
describe("managed files", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "terrace-managed-"))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const file = () => ({ path: join(directory, "folder", "file"), content: "text\n", mode: 0o440 });

  it("are right after they were written, whatever stood there before", async () => {
    const target = join(directory, "elsewhere");
    writeFileSync(target, "not to be touched");
    mkdirSync(join(directory, "folder"));
    symlinkSync(target, file().path);
    assert.equal(await fileFault(file()), `${file().path} is not a plain file`);
    await writeManagedFile(file());
    assert.equal(await fileFault(file()), undefined);
    assert.equal(readFileSync(target, "utf8"), "not to be touched");
  });

  for (const [what, damage, expected] of [
    ["absence", (path: string) => rmSync(path), "is absent"],
    ["a changed byte", (path: string) => writeFileSync(path, "texu\n"), "has other content"],
    ["a mode", (path: string) => chmodSync(path, 0o660), "has mode 0660 instead of 0440"],
    ["an owner", (path: string) => chownSync(path, 12, 0), "belongs to 12:0 instead of root"],
    ["a group", (path: string) => chownSync(path, 0, 34), "belongs to 0:34 instead of root"],
  ] as const) {
    it(`find ${what}`, async () => {
      await writeManagedFile(file());
      damage(file().path);
      assert.equal(await fileFault(file()), `${file().path} ${expected}`);
      await writeManagedFile(file());
      assert.equal(await fileFault(file()), undefined);
    });
  }

  it("lie in folders that are held the same way", async () => {
    const folder = { path: join(directory, "a", "b"), mode: 0o700 };
    assert.equal(await directoryFault(folder), `${folder.path} is absent`);
    await makeManagedDirectory(folder);
    assert.equal(await directoryFault(folder), undefined);
    chmodSync(folder.path, 0o755);
    assert.equal(await directoryFault(folder), `${folder.path} has mode 0755 instead of 0700`);
    await makeManagedDirectory(folder);
    assert.equal(statSync(folder.path).mode & 0o777, 0o700);
  });

  it("never replace what is no folder by one", async () => {
    const path = join(directory, "x");
    writeFileSync(path, "");
    assert.equal(await directoryFault({ path, mode: 0o755 }), `${path} is not a directory`);
    const refused = { message: `${path}: is not a directory; look at what is there, and move it away` };
    await assert.rejects(makeManagedDirectory({ path, mode: 0o755 }), refused);
    assert.equal(statSync(path).mode & 0o777, 0o644);

    rmSync(path);
    mkdirSync(join(directory, "elsewhere"), { mode: 0o700 });
    symlinkSync(join(directory, "elsewhere"), path);
    await assert.rejects(makeManagedDirectory({ path, mode: 0o755 }), refused);
    assert.equal(statSync(path).mode & 0o777, 0o700);
  });
});
