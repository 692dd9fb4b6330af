import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, it } from "mocha";
import { Secret, unknown } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties, Value } from "../../../../sandbox/plugins/base/index.ts";
import { commandProvider } from "../../../../sandbox/plugins/command/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";
import { startSilentServer } from "../support/silentServer.ts";
import { startSshAgent } from "../support/sshAgent.ts";
import { keyPair, startSshServer } from "../support/sshServer.ts";
import type { SshServer } from "../support/sshServer.ts";

const token = "command:remote:Command";

describe("command:remote:Command", () => {
  let server: SshServer;
  let client: ProviderClient;
  let connection: Record<string, Value>;
  before(async () => {
    delete process.env["SSH_AUTH_SOCK"];
    server = await startSshServer({ acceptEnvironment: ["COLOUR", "PULUMI_COMMAND_STDOUT"], password: "letmein" });
    client = await connect(commandProvider);
  });
  beforeEach(() => {
    connection = {
      host: "127.0.0.1",
      port: server.port,
      user: "deploy",
      privateKey: server.privateKey,
      hostKey: server.hostKey,
      dialErrorLimit: 0,
      perDialTimeout: 15,
    };
  });
  after(async () => {
    client.close();
    await server.close();
  });

  const create = (inputs: Properties) => client.create(token, { connection: new Secret(connection), ...inputs });
  const failure = (inputs: Properties): Promise<string> =>
    create(inputs).then(
      () => assert.fail("it did not fail"),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  const statusLines = async (inputs: Properties): Promise<string[]> => {
    const from = client.messages.length;
    await create(inputs);
    return client.messages.slice(from).map(({ severity, message, ephemeral }) => `${severity}${ephemeral ? "" : " kept"}: ${message}`);
  };

  describe("check", () => {
    it("fills in the connection's defaults and makes all of it one secret", async () => {
      const { inputs, failures } = await client.check(token, { connection: { host: "a", privateKey: new Secret("k") }, create: "x" });
      assert.deepEqual(failures, []);
      assert.deepEqual(inputs, {
        connection: new Secret({ host: "a", privateKey: new Secret("k"), user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 }),
        create: "x",
      });
    });
    const refused: [string, Properties, RegExp][] = [
      [
        "a proxy, by name",
        { connection: { host: "a", proxy: { host: "b" } } },
        /^connection\.proxy: the property "proxy" is not implemented/,
      ],
      ["a missing connection", {}, /^connection: Missing required property 'connection'$/],
      ["a missing host", { connection: {} }, /^connection\.host: Missing required property 'host'$/],
      [
        "an unknown logging mode",
        { connection: { host: "a" }, logging: "loud" },
        /^logging: expected one of stdout, stderr, stdoutAndStderr, none/,
      ],
      [
        "a number in the environment",
        { connection: { host: "a" }, environment: { A: 1 } },
        /^environment\.A: expected a string, got a number 1$/,
      ],
      ["another name", { connection: { host: "a" }, interpreter: ["sh"] }, /^interpreter: the property "interpreter" is not implemented/],
    ];
    for (const [what, inputs, expected] of refused) {
      it(`refuses ${what}`, async () => assert.match((await client.check(token, inputs)).failures[0] ?? "", expected));
    }
  });

  describe("diff", () => {
    it("any input is an update, also within the connection, which is one secret", async () => {
      const old = { connection: new Secret({ host: "a", port: 22 }), create: "x", delete: "y" };
      const answer = await client.diff(token, {
        oldInputs: old,
        inputs: { ...old, connection: new Secret({ host: "b", port: 22 }), delete: "z" },
      });
      assert.deepEqual([answer.detailed, answer.replaces], [{ connection: "update", delete: "update" }, []]);
    });
    it("triggers replace, also where there is an update command", async () => {
      const old = { connection: new Secret({ host: "a" }), create: "x", update: "y" };
      const answer = await client.diff(token, { oldInputs: old, inputs: { ...old, triggers: [1] } });
      assert.deepEqual([answer.detailed, answer.deleteBeforeReplace], [{ triggers: "add-replace" }, false]);
      assert.deepEqual((await client.diff(token, { oldInputs: { ...old, triggers: [1] }, inputs: { ...old, triggers: [2] } })).detailed, {
        "triggers[0]": "update-replace",
      });
    });
    it("becoming secret is a change, as in pulumi-go-provider", async () => {
      const old = { connection: new Secret({ host: "a" }), stdin: "x" };
      assert.deepEqual((await client.diff(token, { oldInputs: old, inputs: { ...old, stdin: new Secret("x") } })).detailed, {
        stdin: "update",
      });
    });
  });

  describe("preview", () => {
    it("of a create knows no output, and opens no connection", async () => {
      const { logins } = server.log;
      const { state } = await client.create(token, { connection: new Secret(connection), create: "echo" }, { preview: true });
      assert.deepEqual([state["stdout"], state["stderr"], state["create"]], [unknown, unknown, "echo"]);
      assert.equal(server.log.logins, logins);
    });
    const oldInputs = { create: "a", stdin: "1" };
    const oldState = { ...oldInputs, stdout: "out", stderr: "" };
    const cases: [string, Properties, unknown][] = [
      ["a changed input makes the output unknown", { create: "a", stdin: "2" }, unknown],
      ["an unknown input makes the output unknown", { create: "a", stdin: unknown }, unknown],
      ["a removed input makes the output unknown", { create: "a" }, unknown],
      ["an added input does not", { ...oldInputs, logging: "none" }, "out"],
    ];
    for (const [what, inputs, stdout] of cases) {
      it(`of an update: ${what}`, async () => {
        const state = await client.update(token, { id: "i", oldInputs, oldState, inputs }, { preview: true });
        assert.deepEqual(state["stdout"], stdout);
      });
    }
  });

  describe("create, update, delete", () => {
    it("runs the command with its input and keeps both streams, each without one last newline", async () => {
      const { id, state } = await create({ create: "cat; printf 'a\\n\\n' >&2", stdin: new Secret("hällo\n") });
      assert.match(id, /^name[0-9a-f]{8}$/);
      assert.deepEqual([state["stdout"], state["stderr"]], ["hällo", "a\n"]);
      assert.deepEqual([state["stdin"], state["connection"]], [new Secret("hällo\n"), new Secret(connection)]);
    });
    it("without a create command it connects to nothing", async () => {
      const { logins } = server.log;
      const { state } = await create({ update: "echo never" });
      assert.deepEqual([state["stdout"], state["stderr"], server.log.logins], ["", "", logins]);
    });
    it("an empty stdin is the end of input", async () =>
      assert.equal((await create({ create: "cat; echo end", stdin: "" })).state["stdout"], "end"));
    it("a command that does not read its input succeeds", async () => {
      assert.equal((await create({ create: "exec <&-; echo done", stdin: "x".repeat(1 << 22) })).state["stdout"], "done");
    });
    it("carries large input and output", async () => {
      const text = "0123456789abcdef".repeat(1 << 18);
      assert.equal((await create({ create: "cat", stdin: text, logging: "none" })).state["stdout"], text);
    });
    it("update runs update, else create again, else nothing, and knows the previous output", async () => {
      const oldInputs = { connection: new Secret(connection), create: "echo one" };
      const oldState = { ...oldInputs, stdout: "one", stderr: "" };
      const update = (inputs: Properties) =>
        client.update(token, { id: "i", oldInputs, oldState, inputs: { connection: new Secret(connection), ...inputs } });
      assert.equal((await update({ create: "echo c", update: 'echo "u after $PULUMI_COMMAND_STDOUT"' }))["stdout"], "u after one");
      assert.equal((await update({ create: "echo c" }))["stdout"], "c");
      assert.equal((await update({ create: 'echo "[$PULUMI_COMMAND_STDOUT]"', addPreviousOutputInEnv: false }))["stdout"], "[]");
      assert.equal((await update({}))["stdout"], "one");
    });
    it("delete uses what the state holds, connection and previous output included", async () => {
      const state = { connection: new Secret(connection), delete: 'echo "$PULUMI_COMMAND_STDOUT" > deleted', stdout: "last", stderr: "" };
      await client.delete(token, { id: "i", inputs: {}, state });
      assert.equal((await create({ create: "cat deleted" })).state["stdout"], "last");
      const { logins } = server.log;
      await client.delete(token, { id: "i", inputs: {}, state: { ...state, delete: null } });
      assert.equal(server.log.logins, logins);
    });
    it("refresh looks at nothing; import is refused by name", async () => {
      const kept = { id: "i", inputs: { create: "x" }, state: { create: "x", stdout: "s" } };
      assert.deepEqual(await client.read(token, kept), kept);
      await assert.rejects(client.read(token, { id: "i" }), /^Error: import of command:remote:Command is not implemented/);
    });
    it("opens one connection per operation and closes it", async () => {
      const { logins } = server.log;
      await create({ create: "true" });
      assert.equal(server.log.logins, logins + 1);
      // Upstream leaves them open; here the test would wait until its time is up.
      while (server.connections() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    });
  });

  describe("failures, in upstream's words", () => {
    it("a command that fails: status, the command quoted, both streams as they came", async () => {
      const message = await failure({ create: 'echo out; sleep 0.1; echo "err ä" >&2; exit 3' });
      assert.equal(message, 'Process exited with status 3: running "echo out; sleep 0.1; echo \\"err ä\\" >&2; exit 3":\nout\nerr ä\n');
    });
    it("a command ended by a signal", async () =>
      assert.equal(
        await failure({ create: "kill -TERM $$" }),
        'Process exited with status 143 from signal TERM: running "kill -TERM $$":\n',
      ));
    it("a connection that ends without a status", async () => {
      assert.equal(
        await failure({ create: "echo a # no status" }),
        'wait: remote command exited without exit status or exit signal: running "echo a # no status":\na\n',
      );
    });
    it("a server that does not run commands", async () =>
      assert.equal(await failure({ create: "refuse" }), 'ssh: command refuse failed: running "refuse":\n'));
    it("a variable that the server does not accept: the command is not run", async () => {
      const from = client.messages.length;
      const { length } = server.log.commands;
      assert.equal(
        await failure({ create: "echo ran", environment: { COLOUR: "red", SIZE: "xl" } }),
        'could not set environment variable "SIZE": ssh: setenv failed',
      );
      assert.equal(server.log.commands.length, length);
      assert.match(client.messages[from]?.message ?? "", /does not accept the variable 'SIZE'/);
      assert.equal(client.messages[from]?.severity, "error");
    });
    it("a variable that it accepts reaches the command", async () => {
      assert.equal((await create({ create: 'echo "$COLOUR"', environment: { COLOUR: "light red" } })).state["stdout"], "light red");
    });
    it("a previous output that it does not accept is a warning", async () => {
      const oldState = { stdout: "", stderr: "said" };
      const from = client.messages.length;
      const inputs = { connection: new Secret(connection), create: "echo ran", logging: "none" };
      assert.equal((await client.update(token, { id: "i", oldInputs: {}, oldState, inputs }))["stdout"], "ran");
      assert.deepEqual(
        client.messages.slice(from).map(({ severity, message }) => [severity, message.includes("PULUMI_COMMAND_STDERR")]),
        [["warning", true]],
      );
    });
    it("a refused connection: all tries, each as status, then the reason", async () => {
      const closed = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => closed.once("listening", resolve));
      const { port } = closed.address() as AddressInfo;
      await new Promise((resolve) => closed.close(resolve));
      connection = { ...connection, port, dialErrorLimit: 2 };
      const from = client.messages.length;
      assert.equal(await failure({ create: "true" }), `after 2 failed attempts: dial tcp 127.0.0.1:${port}: connect: connection refused`);
      assert.deepEqual(
        client.messages.slice(from).map(({ message }) => message),
        ["Dial 1/2 failed: retrying", "Dial 2/2 failed: retrying"],
      );
    });
    it("another host key than the pinned one", async () => {
      connection = { ...connection, hostKey: keyPair("ed25519").public };
      assert.equal(await failure({ create: "true" }), "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch");
    });
    it("a pinned key of a type that the server has not: only that type is offered", async () => {
      connection = { ...connection, hostKey: keyPair("rsa").public };
      assert.match(
        await failure({ create: "true" }),
        /^after 0 failed attempts: ssh: handshake failed: ssh: no common algorithm for host key/,
      );
    });
    it("without a pinned key any host key will do", async () => {
      delete connection["hostKey"];
      assert.equal((await create({ create: "echo in" })).state["stdout"], "in");
    });
    it("a private key that may not log in", async () => {
      connection = { ...connection, privateKey: keyPair("ed25519").private };
      assert.equal(
        await failure({ create: "true" }),
        "after 0 failed attempts: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
      );
    });
    const configuration: [string, Properties, string][] = [
      ["a host key that is none", { hostKey: "SHA256:abc" }, "failed to parse host key: ssh: no key found"],
      ["a private key that is none", { privateKey: "nonsense" }, "ssh: no key found"],
      ["an agent that is not there", { agentSocketPath: "/nowhere/agent" }, "dial unix /nowhere/agent: connect: no such file or directory"],
    ];
    for (const [what, change, expected] of configuration) {
      it(`${what}: at once, without a try`, async () => {
        connection = { ...connection, ...change, dialErrorLimit: 10 };
        assert.equal(await failure({ create: "true" }), expected);
      });
    }
    it("an encrypted private key, with and without its passphrase", async () => {
      connection = { ...connection, privateKey: server.encryptedPrivateKey };
      assert.equal(await failure({ create: "true" }), "ssh: this private key is passphrase protected");
      connection = { ...connection, privateKeyPassword: server.passphrase };
      assert.equal((await create({ create: "echo in" })).state["stdout"], "in");
    });
    it("a password logs in", async () => {
      connection["password"] = "letmein";
      delete connection["privateKey"];
      assert.equal((await create({ create: "echo in" })).state["stdout"], "in");
    });
    it("a password also answers questions", async () => {
      const asking = await startSshServer({ password: "letmein", interactive: true });
      try {
        connection = { host: "127.0.0.1", port: asking.port, user: "u", password: "letmein", dialErrorLimit: 0, perDialTimeout: 5 };
        assert.equal((await create({ create: "echo in" })).state["stdout"], "in");
        connection["password"] = "wrong";
        assert.match(await failure({ create: "true" }), /unable to authenticate, attempted methods \[none password keyboard-interactive\]/);
      } finally {
        await asking.close();
      }
    });
    it("an agent logs in, named or from the environment, and is not asked when there is a private key", async () => {
      const agent = await startSshAgent(server.privateKey);
      try {
        delete connection["privateKey"];
        connection["agentSocketPath"] = agent.socket;
        assert.equal((await create({ create: "echo named" })).state["stdout"], "named");
        delete connection["agentSocketPath"];
        process.env["SSH_AUTH_SOCK"] = agent.socket;
        assert.equal((await create({ create: "echo inherited" })).state["stdout"], "inherited");
        connection["privateKey"] = keyPair("ed25519").private;
        assert.match(await failure({ create: "true" }), /unable to authenticate, attempted methods \[none publickey\]/);
      } finally {
        delete process.env["SSH_AUTH_SOCK"];
        await agent.close();
      }
    });
    it("customTimeouts end the dialling", async () => {
      connection = { ...connection, port: 1, dialErrorLimit: -1 };
      const waiting = client.create(token, { connection: new Secret(connection), create: "true" }, { timeoutSeconds: 0.3 });
      await assert.rejects(waiting, { message: "context deadline exceeded" });
    });
    it("a server that does not answer: perDialTimeout", async () => {
      const silent = await startSilentServer();
      try {
        connection = { ...connection, port: silent.port, perDialTimeout: 1 };
        assert.equal(await failure({ create: "true" }), `after 0 failed attempts: dial tcp 127.0.0.1:${silent.port}: i/o timeout`);
      } finally {
        silent.close();
      }
    });
  });

  describe("logging", () => {
    const command = "echo o1; sleep 0.05; echo e1 >&2; sleep 0.05; printf o2";
    const modes: [string | undefined, string[]][] = [
      [undefined, ["info: o1", "info: e1", "info: o2"]],
      ["stdoutAndStderr", ["info: o1", "info: e1", "info: o2"]],
      ["stdout", ["info: o1", "info: o2"]],
      ["stderr", ["info: e1"]],
      ["none", []],
    ];
    for (const [logging, expected] of modes) {
      it(`${logging ?? "by default"}: each line as the resource's status`, async () => {
        assert.deepEqual(await statusLines({ create: command, ...(logging === undefined ? {} : { logging }) }), expected);
      });
    }
    it("is live: a line is there before the command ends", async () => {
      const from = client.messages.length;
      const running = create({ create: "echo first; while [ ! -e go ]; do sleep 0.02; done" });
      while (client.messages.length === from) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(client.messages[from]?.message, "first");
      await create({ create: "touch go", logging: "none" });
      await running;
    });
  });
});
