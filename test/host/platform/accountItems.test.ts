import assert from "node:assert/strict";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keysItem } from "../../../host/platform/accountItems.ts";
import { wantedAccounts } from "../../../host/platform/accounts.ts";
import type { Item } from "../../../host/platform/item.ts";
import { systemPlaces } from "../../../host/platform/places.ts";

const publicKey = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)} olga`;

/** What belongs to root can only be made by root; the sandbox's machine has no other user. */
describe("the keys of an operator, who owns the home that they are in", () => {
  let root: string;
  let folder: string;
  let keys: Item;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "terrace-accounts-"));
    folder = join(root, "home/olga/.ssh");
    mkdirSync(join(root, "home/olga"), { recursive: true });
    const [account] = wantedAccounts({ deployers: [], operators: [{ name: "olga", publicKeys: [publicKey] }] });
    const execute = () => Promise.reject(new Error("nothing has to be run"));
    keys = keysItem({ execute, places: systemPlaces({ root }) }, account ?? assert.fail());
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const areRight = async (): Promise<void> => {
    assert.deepEqual(await keys.check(), { kind: "ok" });
    assert.equal(lstatSync(folder).isDirectory(), true);
    assert.deepEqual(readdirSync(folder), ["authorized_keys"]);
    assert.equal(readFileSync(join(folder, "authorized_keys"), "utf8"), `restrict,pty ${publicKey}\n`);
  };

  it("are put there, and others are taken away", async () => {
    await keys.change();
    await areRight();
    writeFileSync(join(folder, "authorized_keys2"), publicKey);
    assert.deepEqual(await keys.check(), { kind: "wrong", what: `${folder}/authorized_keys2 is not ours`, effect: "none" });
    await keys.change();
    await areRight();
  });

  it("never go where a link in their place leads: that could be root's own", async () => {
    const rootKeys = join(root, "root/.ssh");
    mkdirSync(rootKeys, { recursive: true, mode: 0o700 });
    writeFileSync(join(rootKeys, "authorized_keys"), "the platform's key");
    writeFileSync(join(rootKeys, "id_ed25519"), "its own");
    symlinkSync(rootKeys, folder);
    assert.equal((await keys.check()).kind, "wrong");
    await keys.change();
    await areRight();
    assert.equal(readFileSync(join(rootKeys, "authorized_keys"), "utf8"), "the platform's key");
    assert.deepEqual(readdirSync(rootKeys), ["authorized_keys", "id_ed25519"]);
    assert.equal(lstatSync(rootKeys).mode & 0o777, 0o700);
  });

  it("take the place of a file", async () => {
    writeFileSync(folder, "");
    await keys.change();
    await areRight();
  });
});
