import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { pulumiProject } from "../support/pulumiProject.ts";
import type { PulumiProject, StateResource } from "../support/pulumiProject.ts";
import { startSshServer } from "../support/sshServer.ts";
import type { SshServer } from "../support/sshServer.ts";

/** The tests of a suite build on each other: each goes on with the stack that the one before left. */
describe("real engine, Node language host, command and random providers", function () {
  this.timeout(120_000);
  let project: PulumiProject;
  let server: SshServer;
  before(async () => {
    server = await startSshServer();
    project = await pulumiProject({
      environment: { SSH_PORT: String(server.port), SSH_KEY: server.privateKey, SSH_HOST_KEY: server.hostKey, SSH_AUTH_SOCK: "" },
    });
  });
  after(async () => {
    await project.remove();
    await server.close();
  });

  /** A program with one remote command whose arguments differ from test to test. */
  const program = (commandArguments: string, more = ""): Promise<void> =>
    project.program(`
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
const connection = { host: "127.0.0.1", port: Number(process.env.SSH_PORT), user: "u", privateKey: process.env.SSH_KEY, hostKey: process.env.SSH_HOST_KEY, dialErrorLimit: 1 };
const password = new random.RandomPassword("password", { length: 24, special: false });
const greet = new command.remote.Command("greet", { connection, logging: "none", ${commandArguments} });
export const said = greet.stdout;
export const secret = password.result;
${more}
`);
  const greet = async (): Promise<StateResource | undefined> => (await project.resources()).find(({ urn }) => urn.endsWith("::greet"));
  const stateText = async (): Promise<string> => {
    const folder = join(project.environment["PULUMI_BACKEND_URL"]?.replace("file://", "") ?? "", ".pulumi");
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    return (await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "utf8")))).join("\n");
  };

  it("preview: says what it would make, knows what is unknown, and touches nothing", async () => {
    await program(`create: "cat", stdin: pulumi.interpolate\`hello \${password.result.apply(() => "world")}\``);
    const { exitCode, output } = await project.run("preview", "--diff");
    assert.equal(exitCode, 0, output);
    assert.match(output, /\+ command:remote:Command: \(create\)/);
    assert.match(output, /create +: "cat"/);
    assert.match(output, /stdin +: (output<string>|\[unknown\]|\[secret\])/);
    assert.match(output, /connection: \[secret\]/);
    assert.match(output, /said +: \[unknown\]/);
    assert.match(output, /\+ 3 to create/);
    assert.deepEqual([server.log.logins, (await project.resources()).length], [0, 0]);
  });

  it("up: makes it, and gives the program its outputs", async () => {
    await project.up();
    assert.deepEqual(server.log.commands, ["cat"]);
    const outputs = await project.outputs();
    assert.equal(outputs["said"], "hello world");
    assert.match(String(outputs["secret"]), /^[a-zA-Z0-9]{24}$/);
  });

  it("state: what is secret is encrypted, everywhere", async () => {
    const text = await stateText();
    const { secret } = await project.outputs();
    assert.ok(text.includes("command:remote:Command"));
    assert.ok(!text.includes(String(secret)) && !text.includes("PRIVATE KEY"));
    const found = await greet();
    for (const part of [found?.inputs, found?.outputs]) assert.ok(JSON.stringify(part?.["connection"]).includes("ciphertext"));
    assert.ok(JSON.stringify(found?.inputs?.["stdin"]).includes("ciphertext"), "made from a secret, so secret");
    assert.equal(found?.outputs?.["stdout"], "hello world", "an output is secret only when the program says so");
  });

  it("nothing changed: no connection, no write, and --expect-no-changes is content", async () => {
    const { logins } = server.log;
    const before = await project.resources({ showSecrets: true });
    const preview = await project.run("preview", "--expect-no-changes");
    assert.deepEqual([preview.exitCode, /3 unchanged/.test(preview.output)], [0, true], preview.output);
    assert.match(await project.up(), /3 unchanged/);
    assert.equal(server.log.logins, logins);
    assert.deepEqual(await project.resources({ showSecrets: true }), before);
  });

  it("a changed input: --expect-no-changes exits 7; the diff shows just that; what was secret stays hidden", async () => {
    await program(`create: "cat", stdin: "bye"`);
    const expected = await project.run("preview", "--expect-no-changes");
    assert.equal(expected.exitCode, 7, expected.output);
    const { output } = await project.run("preview", "--diff");
    assert.match(output, /~ command:remote:Command: \(update\)/);
    assert.match(output, /~ stdin: \[secret\] => "bye"/);
    assert.doesNotMatch(output, /connection:|create:/);
    await project.up();
    assert.deepEqual(server.log.commands, ["cat", "cat"], "without an update command, create runs again");
    assert.equal((await project.outputs())["said"], "bye");
  });

  it("a plain changed input shows old and new value in the diff", async () => {
    await program(`create: "cat", stdin: "bye bye"`);
    const { output } = await project.run("preview", "--diff");
    assert.match(output, /~ stdin: "bye" => "bye bye"/);
    await project.up();
  });

  it("an update command runs instead, with the previous output not sent", async () => {
    await program(`create: "cat", update: "echo updated", stdin: "x", addPreviousOutputInEnv: false`);
    await project.up();
    assert.equal((await project.outputs())["said"], "updated");
  });

  it("a failed update: upstream's words, exit code, the old state stays, and the next run tries again", async () => {
    const before = await project.resources({ showSecrets: true });
    await program(`create: "cat", update: "echo half >&2; exit 9", stdin: "x", addPreviousOutputInEnv: false`);
    const failed = await project.run("up", "--yes", "--skip-preview");
    assert.notEqual(failed.exitCode, 0);
    assert.match(failed.output, /error: Process exited with status 9: running "echo half >&2; exit 9":\s+half/);
    assert.deepEqual(await project.resources({ showSecrets: true }), before);
    assert.match((await project.run("preview")).output, /~ 1 to update/);
  });

  it("a failed create leaves nothing", async () => {
    await program(
      `create: "cat", update: "echo updated", stdin: "x", addPreviousOutputInEnv: false`,
      `new command.remote.Command("new", { connection, create: "exit 4" });`,
    );
    const failed = await project.run("up", "--yes", "--skip-preview");
    assert.match(failed.output, /error: Process exited with status 4: running "exit 4":/);
    assert.ok(!(await project.resources()).some(({ urn }) => urn.endsWith("::new")));
    await program(`create: "cat", update: "echo updated", stdin: "x", addPreviousOutputInEnv: false`);
    await project.up();
  });

  it("triggers: create the new one, then delete the old one with what the state holds", async () => {
    await program(`create: "echo made", delete: "echo old goes", stdin: "x", addPreviousOutputInEnv: false`);
    await project.up();
    server.log.commands.length = 0;
    await program(`create: "echo made again", delete: "echo new goes", stdin: "x", addPreviousOutputInEnv: false, triggers: [1]`);
    const { output } = await project.run("preview", "--diff");
    assert.match(output, /\+-command:remote:Command: \(replace\)/);
    await project.up();
    assert.deepEqual(server.log.commands, ["echo made again", "echo old goes"]);
  });

  it("deleteBeforeReplace turns that round", async () => {
    server.log.commands.length = 0;
    await project.program(
      (await readFile(join(project.directory, "index.ts"), "utf8")).replace(
        "triggers: [1] });",
        "triggers: [2] }, { deleteBeforeReplace: true });",
      ),
    );
    await project.up();
    assert.deepEqual(server.log.commands, ["echo new goes", "echo made again"]);
  });

  it("refresh looks at nothing and changes nothing", async () => {
    const { logins } = server.log;
    const { exitCode, output } = await project.run("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    assert.equal(exitCode, 0, output);
    assert.equal(server.log.logins, logins);
  });

  it("what a provider has not is refused by name, at preview", async () => {
    const refusals: [string, RegExp][] = [
      [`new random.RandomPet("pet");`, /the resource random:index\/randomPet:RandomPet is not implemented by the sandbox's provider/],
      [
        `new command.remote.Command("b", { connection: { ...connection, proxy: { host: "b" } } });`,
        /the property "proxy" is not implemented by the sandbox's provider/,
      ],
    ];
    for (const [more, expected] of refusals) {
      await program(`create: "echo made again", delete: "echo new goes", stdin: "x", addPreviousOutputInEnv: false, triggers: [2]`, more);
      const { exitCode, output } = await project.run("preview");
      assert.notEqual(exitCode, 0);
      assert.match(output, expected);
    }
  });

  it("a wrong secret value is refused without being shown", async () => {
    await program(`create: pulumi.secret(4711) as never`);
    const { exitCode, output } = await project.run("preview");
    assert.notEqual(exitCode, 0);
    assert.match(output, /expected a string, got a number/);
    assert.doesNotMatch(output, /4711/);
  });

  it("destroy: deletes run with what the state holds, and the state is empty", async () => {
    server.log.commands.length = 0;
    const { exitCode, output } = await project.run("destroy", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, output);
    assert.deepEqual(server.log.commands, ["echo new goes"]);
    assert.deepEqual(await project.resources(), []);
  });
});
