import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "mocha";
import { Asset, Secret } from "../../../../sandbox/plugins/base/index.ts";
import type { AssetSource, Properties } from "../../../../sandbox/plugins/base/index.ts";
import { commandProvider } from "../../../../sandbox/plugins/command/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";
import { startSshServer } from "../support/sshServer.ts";
import type { SshServer } from "../support/sshServer.ts";

const token = "command:remote:CopyToRemote";

describe("command:remote:CopyToRemote", () => {
  let server: SshServer;
  let client: ProviderClient;
  let connection: Secret;
  let local: string;
  let target: string;
  let count = 0;
  before(async () => {
    delete process.env["SSH_AUTH_SOCK"];
    server = await startSshServer();
    client = await connect(commandProvider);
    connection = new Secret({
      host: "127.0.0.1",
      port: server.port,
      user: "u",
      privateKey: server.privateKey,
      hostKey: server.hostKey,
      dialErrorLimit: 0,
      perDialTimeout: 5,
    });
    local = await mkdtemp(join(tmpdir(), "copy-"));
    await mkdir(join(local, "tree/inner"), { recursive: true });
    await writeFile(join(local, "one.txt"), "one");
    await writeFile(join(local, "tree/a"), "A");
    await writeFile(join(local, "tree/inner/b"), "B");
  });
  beforeEach(() => {
    target = `target${++count}`;
  });
  after(async () => {
    client.close();
    await server.close();
    await rm(local, { recursive: true });
  });

  const asset = (source: AssetSource, hash = "0".repeat(64)): Asset => new Asset("asset", hash, source);
  const archive = (source: AssetSource, hash = "0".repeat(64)): Asset => new Asset("archive", hash, source);
  const copy = (source: Asset, remotePath: string) => client.create(token, { connection, source, remotePath });
  const remote = (path: string): Promise<string> => readFile(join(server.directory, path), "utf8");

  const refused: [string, Properties, RegExp][] = [
    ["an archive of assets", { source: archive({ assets: {} }) }, /^archive: archive must be a path to a file or directory$/],
    [
      "an asset from elsewhere",
      { source: asset({ uri: "https://example.org" }) },
      /^asset: asset must be a path-based file asset or a text asset$/,
    ],
    ["a string", { source: "one.txt" }, /^source: expected an asset or an archive/],
    ["no source", {}, /^source: Missing required property 'source'$/],
    ["another name", { source: asset({ text: "" }), localPath: "x" }, /^localPath: the property "localPath" is not implemented/],
  ];
  for (const [what, inputs, expected] of refused) {
    it(`refuses ${what}`, async () => {
      assert.match((await client.check(token, { connection: { host: "h" }, remotePath: "p", ...inputs })).failures[0] ?? "", expected);
    });
  }

  it("writes a text, with the folders above it, and knows its state in a preview", async () => {
    const source = asset({ text: "häl\nlo" }, "1".repeat(64));
    const { logins } = server.log;
    const preview = await client.create(token, { connection, source, remotePath: "x" }, { preview: true });
    assert.deepEqual([preview.state, server.log.logins], [{ connection, source, remotePath: "x" }, logins]);
    const { id, state } = await copy(source, `${target}/deep/er/file`);
    assert.match(id, /^[0-9a-f]{8}$/);
    assert.deepEqual(state, { connection, source, remotePath: `${target}/deep/er/file` });
    assert.equal(await remote(`${target}/deep/er/file`), "häl\nlo");
    assert.equal(server.log.logins, logins + 1);
  });
  it("overwrites what is there", async () => {
    await copy(asset({ text: "a longer text" }), target);
    await copy(asset({ text: "short" }), target);
    assert.equal(await remote(target), "short");
  });
  it("a text needs a file's path", async () => {
    await copy(asset({ text: "x" }), `${target}/file`);
    await assert.rejects(copy(asset({ text: "x" }), target), {
      message: `remote path ${target} is a directory; when using a text asset, remotePath must be a file path`,
    });
  });
  it("a file goes to the path, or into a folder that is there", async () => {
    await copy(asset({ path: join(local, "one.txt") }), `${target}/renamed`);
    assert.equal(await remote(`${target}/renamed`), "one");
    await copy(asset({ path: join(local, "one.txt") }), target);
    assert.equal(await remote(`${target}/one.txt`), "one");
  });
  it("a folder goes in as itself, with a slash as its contents, and deletes nothing", async () => {
    await copy(archive({ path: join(local, "tree") }), target);
    assert.deepEqual([await remote(`${target}/tree/a`), await remote(`${target}/tree/inner/b`)], ["A", "B"]);
    await copy(archive({ path: `${join(local, "tree")}/` }), target);
    assert.deepEqual([await remote(`${target}/a`), await remote(`${target}/inner/b`), await remote(`${target}/tree/a`)], ["A", "B", "A"]);
  });
  it("a folder does not replace a file", async () => {
    await copy(asset({ text: "x" }), `${target}/tree`);
    await assert.rejects(copy(archive({ path: join(local, "tree") }), target), {
      message: `remote path ${target}/tree exists but is not a directory`,
    });
  });
  it("a file that is not there", async () => {
    await assert.rejects(copy(asset({ path: "/nowhere/file" }), target), { message: "open /nowhere/file: no such file or directory" });
  });
  it("a larger file arrives whole", async () => {
    const bytes = Buffer.alloc(3_000_000, "0123456789");
    await writeFile(join(local, "large"), bytes);
    await copy(asset({ path: join(local, "large") }), target);
    assert.ok((await readFile(join(server.directory, target))).equals(bytes));
  });
  it("an update copies when contents or path changed, and not for another connection", async () => {
    const old = { connection, source: asset({ elided: true }, "1".repeat(64)), remotePath: target };
    const update = (inputs: Properties) => client.update(token, { id: "i", oldInputs: old, oldState: old, inputs: { ...old, ...inputs } });
    const { logins } = server.log;
    await update({ source: asset({ text: "same" }, "1".repeat(64)), triggers: [1] });
    assert.equal(server.log.logins, logins);
    await update({ source: asset({ text: "new" }, "2".repeat(64)) });
    assert.equal(await remote(target), "new");
    await update({ source: asset({ text: "same" }, "1".repeat(64)), remotePath: `${target}-moved` });
    assert.equal(await remote(`${target}-moved`), "same");
    assert.equal(server.log.logins, logins + 2);
  });
  it("diff: contents by hash, triggers replace", async () => {
    const old = { connection, source: asset({ elided: true }, "1".repeat(64)), remotePath: "p" };
    const same = { ...old, source: asset({ elided: true }, "1".repeat(64)) };
    assert.deepEqual((await client.diff(token, { oldInputs: old, inputs: same })).detailed, {});
    const other = { ...old, source: asset({ elided: true }, "2".repeat(64)), triggers: ["x"] };
    assert.deepEqual((await client.diff(token, { oldInputs: old, inputs: other })).detailed, { source: "update", triggers: "add-replace" });
  });
  it("delete leaves the file", async () => {
    await copy(asset({ text: "stays" }), target);
    await client.delete(token, { id: "i", inputs: {}, state: { connection, remotePath: target } });
    assert.equal(await remote(target), "stays");
  });
});
