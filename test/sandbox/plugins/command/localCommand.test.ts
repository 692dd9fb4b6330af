import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { after, before, describe, it } from "mocha";
import { Secret } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { commandProvider } from "../../../../sandbox/plugins/command/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";

const token = "command:local:Command";

describe("command:local:Command and command:local:run", () => {
  let client: ProviderClient;
  before(async () => {
    client = await connect(commandProvider);
  });
  after(() => client.close());

  const stdout = async (inputs: Properties): Promise<unknown> => (await client.create(token, inputs)).state["stdout"];

  it("runs /bin/sh in the process's directory with the CLI's environment, its input and further variables", async () => {
    process.env["TERRACE_TEST"] = "inherited";
    assert.equal(await stdout({ create: "pwd" }), process.cwd());
    assert.equal(
      await stdout({ create: 'echo "$TERRACE_TEST $MORE"; cat', environment: { MORE: "more" }, stdin: "in" }),
      "inherited more\nin",
    );
    assert.equal(await stdout({ create: "pwd", dir: tmpdir() }), tmpdir());
    assert.equal(await stdout({ create: "console.log(1 + 1)", interpreter: [process.execPath, "-e"] }), "2");
    assert.equal(await stdout({}), "");
  });
  it("update: update, else create, else nothing; the previous output is in the environment", async () => {
    const oldState = { stdout: "one", stderr: "two" };
    const update = async (inputs: Properties): Promise<unknown> =>
      (await client.update(token, { id: "i", oldInputs: {}, oldState, inputs }))["stdout"];
    assert.equal(await update({ create: "echo c", update: 'echo "$PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR"' }), "one two");
    assert.equal(await update({ create: 'echo "[$PULUMI_COMMAND_STDOUT]"', addPreviousOutputInEnv: false }), "[]");
    assert.equal(await update({}), "one");
  });
  it("delete runs what the state holds", async () => {
    await assert.rejects(
      client.delete(token, { id: "i", inputs: {}, state: { delete: 'echo "$PULUMI_COMMAND_STDOUT"; exit 2', stdout: "last", stderr: "" } }),
      {
        message: 'exit status 2: running "echo \\"$PULUMI_COMMAND_STDOUT\\"; exit 2":\nlast\n',
      },
    );
    await client.delete(token, { id: "i", inputs: {}, state: { stdout: "last", stderr: "" } });
  });
  const failures: [string, Properties, string][] = [
    ["a failing command", { create: "echo a; exit 7" }, 'exit status 7: running "echo a; exit 7":\na\n'],
    ["a killed command", { create: "kill -9 $$" }, 'signal: killed: running "kill -9 $$":\n'],
    [
      "a missing interpreter",
      { create: "x", interpreter: ["no-such-program"] },
      'exec: "no-such-program": executable file not found in $PATH: running "x":\n',
    ],
    [
      "an interpreter's missing file",
      { create: "x", interpreter: ["/no/such"] },
      'fork/exec /no/such: no such file or directory: running "x":\n',
    ],
    ["a missing directory", { create: "x", dir: "/no/such" }, 'chdir /no/such: no such file or directory: running "x":\n'],
  ];
  for (const [what, inputs, message] of failures) {
    it(`says why: ${what}`, async () => assert.rejects(client.create(token, inputs), { message }));
  }
  it("customTimeouts kill the command", async () => {
    await assert.rejects(client.create(token, { create: "exec sleep 20" }, { timeoutSeconds: 0.1 }), {
      message: 'signal: killed: running "exec sleep 20":\n',
    });
  });
  it("prints each line as status, as far as logging says", async () => {
    const from = client.messages.length;
    await client.create(token, { create: "echo a; echo b >&2", logging: "stderr" });
    assert.deepEqual(
      client.messages.slice(from).map(({ message, ephemeral }) => [message, ephemeral]),
      [["b", true]],
    );
  });
  it("assetPaths and archivePaths are refused by name", async () => {
    const { failures: refused } = await client.check(token, { create: "x", assetPaths: ["*"], archivePaths: ["*"] });
    assert.deepEqual(refused.map((one) => one.slice(0, 40)).sort(), [
      'archivePaths: the property "archivePaths',
      'assetPaths: the property "assetPaths" is',
    ]);
  });
  it("run returns what it was given and what came out; a secret input makes all of it secret", async () => {
    assert.deepEqual((await client.invoke("command:local:run", { command: "echo out; echo err >&2", dir: "/" })).inputs, {
      command: "echo out; echo err >&2",
      dir: "/",
      stdout: "out",
      stderr: "err",
    });
    const { inputs } = await client.invoke("command:local:run", { command: "cat", stdin: new Secret("x") });
    assert.deepEqual(inputs["stdout"], new Secret("x"));
  });
});
