import assert from "node:assert/strict";
import type { PlatformRequest } from "../../../contract/index.ts";
import { debian12, touched } from "./suite.ts";
import type { PlatformSuite } from "./suite.ts";

export function itemsSection(suite: PlatformSuite): void {
  const { on, call, apply } = suite;

  describe("becomes a platform", () => {
    it("that another system, another program and unknown fields are refused on", async () => {
      await on(`printf '${debian12}' > /run/os-release-12; mount --bind /run/os-release-12 /usr/lib/os-release`);
      const elsewhere = await call();
      await on("umount /usr/lib/os-release");
      assert.deepEqual(
        [elsewhere.exitCode, elsewhere.lastLine],
        [10, "terrace: refused (unsupported_system): this server runs Debian GNU/Linux 12 (bookworm); Terrace needs Debian 13"],
      );
      const other = await call({ program: "0".repeat(64) });
      assert.deepEqual([other.exitCode, /\((\w+)\)/.exec(other.lastLine)?.[1]], [10, "program_absent"]);
      const strange = await call({ swap: true } as Partial<PlatformRequest>);
      assert.deepEqual([strange.exitCode, strange.stdout], [50, ""]);
      assert.match(strange.lastLine, /swap: is not a known field/);
      assert.equal(await on("command -v dockerd || true; ls /var/lib/terrace/platform.json 2>/dev/null || true"), "");
    });

    it("with every item changed, and the second time with every item unchanged", async () => {
      await suite.world.host.result("host-secrets", suite.world.hostSecrets());
      const first = await apply();
      assert.equal(first.outcome, "deployed");
      const names = [
        "Docker configuration",
        "packages",
        "Docker",
        "registry authorities",
        "directories",
        "secrets at boot",
        "groups",
        "former accounts",
        "account deploy-staging",
        "keys of deploy-staging",
        "account deploy-prod",
        "keys of deploy-prod",
        "account olga",
        "keys of olga",
        "sudo rules",
        "ingress network",
        "ingress configuration",
        "ingress TLS options",
        "ingress",
      ];
      assert.deepEqual(
        first.items?.map(({ item }) => item),
        names,
      );
      // Debian starts Docker when it installs it, and nobody is former on a bare server.
      assert.deepEqual(
        first.items.filter(({ result }) => result === "unchanged").map(({ item }) => item),
        ["Docker", "former accounts"],
      );
      assert.deepEqual(
        first.items.filter(({ result }) => result === "repaired"),
        [],
      );
      for (const epoch of [2, 3]) {
        const again = await apply({ epoch });
        assert.deepEqual(touched(again), []);
        assert.equal(again.outcome, "unchanged");
      }
    });

    it("whose three damages are repaired, and nothing else is touched", async () => {
      const before = await on(
        "docker inspect --format '{{.Id}} {{.State.StartedAt}}' terrace-ingress; systemctl show --value -p ActiveEnterTimestampMonotonic docker",
      );
      await on(
        "chmod 0777 /etc/sudoers.d/terrace; rm /home/deploy-prod/.ssh/authorized_keys; sed -i s/sniStrict/sniLoose/ /srv/terrace/ingress/dynamic/platform.yml",
      );
      const result = await apply({ epoch: 4 });
      assert.deepEqual(touched(result), ["keys of deploy-prod repaired", "sudo rules repaired", "ingress TLS options repaired"]);
      assert.deepEqual(
        result.items?.flatMap(({ note }) => (note === "" ? [] : [note])),
        [
          "/home/deploy-prod/.ssh/authorized_keys is absent",
          "/etc/sudoers.d/terrace has mode 0777 instead of 0440",
          "/srv/terrace/ingress/dynamic/platform.yml has other content",
        ],
      );
      assert.deepEqual(touched(await apply({ epoch: 5 })), []);
      const after = await on(
        "docker inspect --format '{{.Id}} {{.State.StartedAt}}' terrace-ingress; systemctl show --value -p ActiveEnterTimestampMonotonic docker",
      );
      assert.equal(after, before);
    });

    for (const [what, damage, expected] of [
      ["the ingress removed", "docker rm --force terrace-ingress", ["ingress repaired"]],
      ["the ingress stopped", "docker stop terrace-ingress", ["ingress repaired"]],
      ["Docker stopped and disabled", "systemctl disable --now docker.service docker.socket", ["Docker repaired"]],
      ["the boot unit disabled", "systemctl disable terrace-secrets.service", ["secrets at boot repaired"]],
      [
        "a second key and a password given to a deploy user",
        "cp /root/.ssh/authorized_keys /home/deploy-staging/.ssh/authorized_keys2; echo deploy-staging:secret | chpasswd; adduser --quiet deploy-staging docker 2>/dev/null || gpasswd --add deploy-staging docker",
        ["account deploy-staging repaired", "keys of deploy-staging repaired"],
      ],
      [
        "a folder taken away and one opened",
        "rm -r /srv/releases/quarantine; chmod 0755 /var/lib/terrace/secrets",
        ["directories repaired"],
      ],
      ["an authority changed", "for file in /etc/docker/certs.d/*/ca.crt; do echo x >> $file; done", ["registry authorities repaired"]],
      [
        "the ingress started with a configuration that somebody changed",
        "sed -i 's/level: INFO/level: DEBUG/' /srv/terrace/ingress/traefik.yml; docker restart terrace-ingress",
        ["ingress configuration repaired", "ingress repaired"],
      ],
    ] as const) {
      it(`with ${what}: exactly that is repaired`, async () => {
        await on(damage);
        assert.deepEqual(touched(await apply({ epoch: 6 })), expected);
        assert.deepEqual(touched(await apply({ epoch: 7 })), []);
      });
    }

    it("that another stack may not take, and whose record must be readable", async () => {
      const other = await call({ environment: "prod" });
      assert.deepEqual([other.exitCode, /\((\w+)\)/.exec(other.lastLine)?.[1]], [10, "owner_mismatch"]);
      await on("cp /var/lib/terrace/platform.json /root/; echo torn > /var/lib/terrace/platform.json");
      const torn = await call();
      await on("mv /root/platform.json /var/lib/terrace/platform.json");
      assert.deepEqual([torn.exitCode, /\((\w+)\)/.exec(torn.lastLine)?.[1]], [10, "state_unreadable"]);
    });

    it("whose sudo rules pass visudo, and are taken back where they clash with somebody's", async () => {
      assert.equal(await on("visudo --check >/dev/null 2>&1; echo $?"), "0");
      await on("rm /etc/sudoers.d/terrace; umask 0226; echo 'Cmnd_Alias TERRACE_ENTRIES = /bin/true' > /etc/sudoers.d/zz-somebody");
      const clash = await call();
      assert.equal(clash.exitCode, 20, clash.stderr);
      assert.match(clash.lastLine, /sudo rules: do not go together with the others of this server: .*TERRACE_ENTRIES/);
      assert.equal(await on("ls /etc/sudoers.d"), "README\nzz-somebody");
      // A fault of somebody else's that was there before does not stop them.
      await on("echo 'somebody ALL=(ALL) ALL' > /etc/sudoers.d/zz-somebody; chmod 0644 /etc/sudoers.d/zz-somebody");
      assert.deepEqual(touched(await apply()), ["sudo rules repaired"]);
      await on("rm /etc/sudoers.d/zz-somebody");
    });
  });
}
