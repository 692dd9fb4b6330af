import assert from "node:assert/strict";
import { canonicalJson } from "../../../contract/index.ts";
import { lastLine, touched } from "./suite.ts";
import type { PlatformSuite } from "./suite.ts";

export function loginsSection(suite: PlatformSuite): void {
  const { on, call, apply } = suite;

  describe("for those who log in", () => {
    const key = (name: "deploy-staging" | "deploy-prod" | "deploy-test"): string => suite.world.sandbox.seed.identities[name].privateKey;
    const status = canonicalJson({ contract: 1, request: "status" });
    const deploy = (command: string, stdin?: string) => suite.world.ssh("deploy-staging", key("deploy-staging"), command, stdin);

    it("lets a deploy user call the entries, with any size of request and its bytes unchanged", async () => {
      const answer = await deploy("sudo -n /opt/terrace/bin/terrace-status", status);
      assert.equal(answer.exitCode, 0, answer.stderr);
      const long = await deploy("sudo -n /opt/terrace/bin/terrace-status", " ".repeat(4 * 1024 * 1024 - status.length) + status);
      assert.equal(long.exitCode, 0, long.stderr);
      const longer = await deploy("sudo -n /opt/terrace/bin/terrace-status", " ".repeat(4 * 1024 * 1024) + status);
      assert.equal(lastLine(longer.stderr), "terrace: invalid (malformed_request): the request is longer than 4194304 bytes");
    });

    for (const command of [
      "sudo -n /opt/terrace/bin/terrace-status --json",
      "sudo -n /opt/terrace/bin/terrace-platform",
      "sudo -n /opt/terrace/bin/terrace status",
      "sudo -n /opt/terrace/current/terrace.cjs unseal",
      "sudo -n /bin/sh -c id",
      "sudo -n -u deploy-prod /bin/true",
      "sudo -n NODE_OPTIONS=--require=/tmp/x.js /opt/terrace/bin/terrace-status",
    ]) {
      it(`does not let a deploy user run ${command}`, async () => {
        const answer = await deploy(command, status);
        assert.equal(answer.exitCode, 1, answer.stdout);
        assert.match(answer.stderr, /a password is required|not allowed to (?:execute|set)/);
      });
    }

    it("tells a deploy user who types what operators may that it is not for them", async () => {
      const answer = await deploy("terrace status");
      assert.equal(answer.exitCode, 10, answer.stdout);
      assert.match(answer.stderr, /\(not_privileged\): terrace runs as root, and deploy-staging is not one whom sudo lets run it/);
    });

    it("gives a deploy user neither Docker, nor a terminal, nor a place to leave a key", async () => {
      assert.notEqual((await deploy("test -w /var/run/docker.sock")).exitCode, 0);
      assert.match((await deploy("id -nG")).stdout, /^users terrace-deployers\n$/);
      assert.notEqual((await deploy("touch ~/x ~/.ssh/authorized_keys2")).exitCode, 0);
      const forced = await suite.world.ssh("deploy-staging", key("deploy-staging"), "tty");
      assert.equal(forced.stdout, "not a tty\n");
    });

    it("keeps one environment's key out of the other's account", async () => {
      assert.equal((await suite.world.ssh("deploy-prod", key("deploy-staging"), "true")).exitCode, 255);
      assert.equal((await suite.world.ssh("deploy-prod", key("deploy-prod"), "true")).exitCode, 0);
    });

    it("lets an operator ask with arguments, until the settings no longer name them", async () => {
      const asked = await suite.world.ssh("olga", key("deploy-test"), "sudo -n /opt/terrace/bin/terrace status");
      assert.equal(asked.exitCode, 0, asked.stderr);
      assert.match(asked.stdout, /^platform, terrace /);
      const typed = await suite.world.ssh("olga", key("deploy-test"), "terrace status");
      assert.deepEqual([typed.exitCode, typed.stdout], [0, asked.stdout], typed.stderr);
      assert.deepEqual(touched(await apply({ operators: [] })), ["former accounts changed"]);
      assert.equal((await suite.world.ssh("olga", key("deploy-test"), "true")).exitCode, 255);
      assert.deepEqual(touched(await apply()), ["account olga changed", "keys of olga changed"]);
      assert.equal((await suite.world.ssh("olga", key("deploy-test"), "true")).exitCode, 0);
    });

    it("never gives a person's name to an account that somebody else made", async () => {
      await on("useradd --create-home boris");
      const refused = await call({
        operators: [{ name: "boris", publicKeys: [suite.world.sandbox.seed.identities["deploy-test"].publicKey] }],
      });
      assert.deepEqual([refused.exitCode, /\((\w+)\)/.exec(refused.lastLine)?.[1]], [50, "malformed_request"]);
      assert.match(refused.lastLine, /"boris" exists on this server and Terrace has not made it/);
      await on("userdel --remove boris");
    });
  });
}
