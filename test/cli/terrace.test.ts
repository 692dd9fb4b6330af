import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { remoteHost, shellWord, sshArguments } from "../../cli/remote.ts";
import { publicKeyOf, generateSshKey } from "../../src/secrets/sshKey.ts";
import { messageOf, publicKey } from "../src/settings/checkout.ts";
import { startHost, TestAgent, type TestHost } from "./sshServer.ts";

const entry = join(import.meta.dirname, "../../cli/terrace.ts");

describe("npm run terrace, from a laptop", () => {
  let host: TestHost;
  let agent: TestAgent;
  before(async () => {
    [host, agent] = await Promise.all([startHost(), TestAgent.start()]);
  });
  after(async () => {
    await Promise.all([host.close(), agent.stop()]);
  });

  interface Ran {
    readonly stdout: string;
    readonly stderr: string;
    readonly exitCode: number | null;
  }
  async function run(words: readonly string[], { port = host.port, hostKey = host.hostKey } = {}): Promise<Ran> {
    const place = ["--host", "127.0.0.1", "--port", String(port), "--host-key", hostKey, "--user", "alice"];
    const environment = { ...process.env, SSH_AUTH_SOCK: agent.socket };
    const child = spawn(process.execPath, [entry, ...words, ...place], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    return { stdout, stderr, exitCode: child.exitCode };
  }

  const terrace = "alice: sudo -n /opt/terrace/bin/terrace";
  const commands: readonly (readonly [readonly string[], string])[] = [
    [["status", "staging"], `${terrace} status`],
    [["status", "staging", "truealpha", "--json"], `${terrace} status truealpha-staging --json`],
    [["history", "staging", "truealpha"], `${terrace} history truealpha-staging --limit 20`],
    [["history", "staging", "truealpha", "--limit", "3", "--json"], `${terrace} history truealpha-staging --limit 3 --json`],
    [
      ["rollback", "staging", "truealpha", "--reason", "it's $HOME; slow"],
      `${terrace} rollback truealpha-staging --steps 1 --reason 'it'\\''s $HOME; slow'`,
    ],
    [["rollback", "staging", "truealpha", "--steps", "2", "--reason", "x"], `${terrace} rollback truealpha-staging --steps 2 --reason x`],
    [
      ["rollback", "staging", "truealpha", "--release", "sha-0123abc__20261121T100000Z", "--reason", "x"],
      `${terrace} rollback truealpha-staging --release sha-0123abc__20261121T100000Z --reason x`,
    ],
  ];
  for (const [words, command] of commands) {
    it(`${words.join(" ")}: ${command}`, async () => {
      host.answer = { stdout: "a table\n", stderr: "==> words\n", exitCode: 0 };
      assert.deepEqual(await run(words), { stdout: "a table\n", stderr: "==> words\n", exitCode: 0 });
      assert.equal(host.commands.at(-1), command);
    });
  }

  it("ends as the host ended", async () => {
    const line = "terrace: refused (no_rollback_target): history is too short; now serving sha-0123abc__20261121T100000Z\n";
    host.answer = { stdout: "", stderr: line, exitCode: 10 };
    assert.deepEqual(await run(["rollback", "staging", "truealpha", "--reason", "x"]), { stdout: "", stderr: line, exitCode: 10 });
  });

  it("refuses a host with another key, and runs nothing there", async () => {
    const before = host.commands.length;
    const { stderr, exitCode } = await run(["status", "staging"], { hostKey: publicKeyOf(generateSshKey("another")) });
    assert.match(stderr, /HOST IDENTIFICATION HAS CHANGED/);
    assert.match(
      stderr,
      /staging: no connection to staging \(127\.0\.0\.1, port \d+\), for the reason above; check the address, the host key, and that your key is loaded \(ssh-add -l\) and among the operators'\n$/,
    );
    assert.equal(exitCode, 70);
    assert.equal(host.commands.length, before);
  });

  it("says so when nobody answers", async () => {
    const other = await startHost();
    await other.close();
    const { stderr, exitCode } = await run(["status", "staging"], { port: other.port });
    assert.match(stderr, /Connection refused\s+staging: no connection to staging/);
    assert.equal(exitCode, 70);
  });

  it("says that a rollback goes on when the connection breaks", async () => {
    host.answer = null;
    const { stderr, exitCode } = await run(["rollback", "staging", "truealpha", "--reason", "x"]);
    assert.match(stderr, /for the reason above; what was begun goes on by itself: look with "npm run terrace -- status staging"\n$/);
    assert.equal(exitCode, 70);
  });

  const usage: readonly (readonly [readonly string[], RegExp])[] = [
    [["rollback", "staging", "truealpha"], /^error: required option '--reason <text>' not specified/],
    [
      ["rollback", "staging", "truealpha", "--reason", "x", "--steps", "1", "--release", "y"],
      /^error: option '--release <name>' cannot be used with option '--steps <count>'/,
    ],
    [["history", "staging"], /^error: missing required argument 'app'/],
    [["deploy", "staging"], /^error: unknown command 'deploy'/],
  ];
  for (const [words, message] of usage) {
    it(`${words.join(" ")}: ${message.source}`, async () => {
      const { stderr, exitCode } = await run(words);
      assert.match(stderr, message);
      assert.equal(exitCode, 50);
    });
  }
});

describe("where the host of a stack is", () => {
  const settings = { name: "staging-1", port: 22 };
  const known = { ...settings, address: "203.0.113.7", hostKey: publicKey };

  it("says the stack file, or what was typed over it", () => {
    assert.deepEqual(remoteHost("staging", known, {}), { ...known, user: undefined, identity: undefined });
    const typed = { host: "2001:db8::1", hostKey: `${publicKey} comment`, port: "2222", user: "bob" };
    assert.deepEqual(remoteHost("staging", known, typed), {
      name: "staging-1",
      address: "2001:db8::1",
      hostKey: `${publicKey} comment`,
      port: 2222,
      user: "bob",
      identity: undefined,
    });
  });

  const variables = {
    TERRACE_ADDRESS_PRE_PROD: "198.18.16.11",
    TERRACE_HOST_KEY_PRE_PROD: publicKey,
    TERRACE_USER: "operator",
    TERRACE_IDENTITY: "/slot/identities/platform",
  };
  it("says the shell where the stack file is silent, and who the person is there", () => {
    const host = remoteHost("pre-prod", settings, {}, variables);
    assert.deepEqual(host, {
      ...settings,
      address: "198.18.16.11",
      hostKey: publicKey,
      user: "operator",
      identity: "/slot/identities/platform",
    });
    const words = sshArguments(host, "/tmp/known", ["status"], false).join(" ");
    assert.match(words, / -o IdentitiesOnly=yes -i \/slot\/identities\/platform -T -p 22 -l operator -- 198\.18\.16\.11 /);
    assert.match(
      messageOf(() => remoteHost("prod", settings, {}, variables)),
      /^prod: no address of the host: .*\nprod: no host key/,
    );
  });

  it("lends a login and a key of the shell's hosts to no other host", () => {
    assert.deepEqual(remoteHost("pre-prod", known, {}, variables), { ...known, user: undefined, identity: undefined });
    assert.match(
      messageOf(() => remoteHost("pre-prod", settings, { host: "203.0.113.9" }, variables)),
      /^pre-prod: no host key to know it by/,
    );
  });

  it("is asked for where neither says", () => {
    assert.equal(
      messageOf(() => remoteHost("staging", settings, { port: "x" })),
      `staging: no address of the host: give --host <address>, or write host.address into Pulumi.staging.yaml (in the sandbox: source sandbox/env)
staging: no host key to know it by: give --host-key "ssh-ed25519 AAAA…", or write host.hostKey into Pulumi.staging.yaml
staging: --port must be from 1 to 65535, got "x"`,
    );
    assert.match(
      messageOf(() => remoteHost("staging", settings, { host: "a", hostKey: "ssh-rsa AAAA" })),
      /^staging: --host-key must be "ssh-ed25519 AAAA…"/,
    );
  });

  it("leaves the login to the person's own configuration", () => {
    const words = sshArguments(remoteHost("staging", known, {}), "/tmp/known", ["status"], false);
    assert.equal(words.includes("-l"), false);
    assert.equal(words.includes("BatchMode=yes"), true);
  });
});

describe("a word for a remote shell", () => {
  it("arrives as it was", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: fc.constantFrom("a", " ", "'", '"', "$", "`", "\\", "\n", "*", "é", ";") }), (word) => {
        assert.equal(execFileSync("sh", ["-c", `printf %s ${shellWord(word)}`], { encoding: "utf8" }), word);
      }),
      { numRuns: 40 },
    );
  });
});
