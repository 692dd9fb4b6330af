import assert from "node:assert/strict";
import type { PlatformRequest, Result } from "../../contract/index.ts";
import { canonicalJson } from "../../contract/index.ts";
import { deployEntries } from "../../host/platform/sudoRules.ts";
import type { Call } from "./rollout/host.ts";
import { endPlatformWorld, platformWorld } from "./platform/world.ts";
import type { PlatformWorld } from "./platform/world.ts";

const debian12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\\nID=debian\\nVERSION_ID="12"\\n';
const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

describe("a bare server", () => {
  let world: PlatformWorld;
  const on = (command: string, stdin?: string): Promise<string> => world.host.shell(command, stdin);
  const call = (change: Partial<PlatformRequest> = {}): Promise<Call> => world.host.call("platform", world.platformRequest(change));
  const apply = async (change: Partial<PlatformRequest> = {}): Promise<Result> => {
    const { exitCode, stdout, stderr } = await call(change);
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout) as Result;
  };
  const touched = ({ items }: Result): string[] =>
    (items ?? []).filter(({ result }) => result !== "unchanged").map(({ item, result }) => `${item} ${result}`);

  before(async () => {
    world = await platformWorld();
    await world.rebuild();
  });
  after(endPlatformWorld);

  describe("and its bootstrap", () => {
    /** As a server with another system sees it: in a mount namespace of its own. */
    const elsewhere = `printf '${debian12}' > /run/os-release-12; unshare --mount -- /bin/sh -c 'mount --bind /run/os-release-12 /usr/lib/os-release && exec "$@"' -`;

    it("refuses another system by its name, before anything is installed", async () => {
      const result = await world.bootstrap("terrace-upload/x.cjs", "0".repeat(64), elsewhere);
      assert.deepEqual(
        { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr },
        {
          exitCode: 10,
          stdout: "",
          stderr: "terrace: refused (unsupported_system): this server runs Debian GNU/Linux 12 (bookworm); Terrace needs Debian 13\n",
        },
      );
      assert.equal(await on("ls /opt; command -v node || true"), "");
    });

    for (const [what, parameters, words] of [
      ["one argument", "terrace-upload/x.cjs", "expected two arguments, the upload and its SHA-256, got 1"],
      ["a hash that is none", "x.cjs latest", 'the second argument must be a SHA-256 in 64 lower case hexadecimal digits, got "latest"'],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const [path = "", sha256 = ""] = parameters.split(" ");
        const result = await world.bootstrap(path, sha256);
        assert.deepEqual([result.exitCode, lastLine(result.stderr)], [50, `terrace: invalid (malformed_request): ${words}`]);
      });
    }

    it("waits while the server updates itself, then says that there is no upload and what to do", async () => {
      // A fresh server has no package lists, so they must be fetched; somebody holds their lock, the way apt does.
      await on("mkdir -p /var/lib/apt/lists; (flock --fcntl /var/lib/apt/lists/lock sleep 4 >/dev/null 2>&1 &)");
      await on("until ! flock --fcntl --nonblock /var/lib/apt/lists/lock true; do sleep 0.1; done");
      const started = Date.now();
      const result = await world.bootstrap("terrace-upload/absent.cjs", world.program);
      assert.ok(Date.now() - started > 3000, "it did not wait");
      assert.equal(result.exitCode, 50, result.stderr);
      assert.equal(
        lastLine(result.stderr),
        `terrace: invalid (program_absent): the host program is neither at /opt/terrace/${world.program}/terrace.cjs nor uploaded at terrace-upload/absent.cjs; raise platform.epoch to upload it again`,
      );
      assert.match(await on("node --version"), /^v20\./);
      assert.equal(await on("ls /opt/terrace/bin; readlink /opt/terrace/current || true"), "");
    });

    it("takes no part of an upload for the whole", async () => {
      await world.upload("/root/whole.cjs");
      const size = Number(
        await on("mkdir -p terrace-upload; head -c 4096 whole.cjs > terrace-upload/part.cjs; stat -c %s terrace-upload/part.cjs"),
      );
      const seen = await on("sha256sum < terrace-upload/part.cjs | cut -c 1-64");
      const result = await world.bootstrap("terrace-upload/part.cjs", world.program);
      assert.equal(result.exitCode, 50);
      assert.equal(
        lastLine(result.stderr),
        `terrace: invalid (program_absent): the upload at terrace-upload/part.cjs is partial or not the one announced (${size} bytes, SHA-256 ${seen}, expected ${world.program}); raise platform.epoch to upload it again`,
      );
      assert.equal(await on(`ls -A /opt/terrace/${world.program}; readlink /opt/terrace/current || true`), "");
    });

    it("puts the program in place, and the second time finds it there without an upload", async () => {
      await on("mv whole.cjs terrace-upload/whole.cjs");
      const first = await world.bootstrap("terrace-upload/whole.cjs", world.program);
      assert.equal(first.exitCode, 0, first.stderr);
      const said = (outcome: string, word: string) =>
        `{"code":"ok","contract":1,"outcome":"${outcome}","what":"the host program ${world.program.slice(0, 12)} ${word} in place"}\n`;
      assert.equal(first.stdout, said("deployed", "is now"));
      assert.equal(await on("readlink /opt/terrace/current; ls terrace-upload"), `${world.program}\npart.cjs`);
      assert.equal(await on("stat -c '%U %a' /opt/terrace/current/terrace.cjs"), "root 755");
      const second = await world.bootstrap("terrace-upload/whole.cjs", world.program);
      assert.deepEqual([second.exitCode, second.stdout, second.stderr], [0, said("unchanged", "was already"), ""]);
    });

    it("makes an entry for each verb, all of them the one program", async () => {
      const names = ["terrace", "terrace-platform", ...deployEntries.map((name) => `terrace-${name}`)].sort();
      const entries = await on("cd /opt/terrace/bin && for entry in *; do echo $entry $(readlink $entry); done");
      assert.deepEqual(
        entries.split("\n").sort(),
        names.map((name) => `${name} /opt/terrace/current/terrace.cjs`),
      );
      const version = JSON.parse(await on("/opt/terrace/bin/terrace --version --json")) as unknown;
      assert.equal(await on("/usr/local/bin/terrace --version --json"), await on("/opt/terrace/bin/terrace --version --json"));
      assert.deepEqual(version, { contract: 1, program: world.program });
    });

    it("works for a user with sudo, and refuses one without", async () => {
      await on("useradd --create-home admin; echo 'admin ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/admin; useradd --create-home guest");
      await on(`rm -rf /opt/terrace; cp /root/terrace-upload/part.cjs ~guest/`);
      await world.upload("/home/admin/mine.cjs");
      const refused = await world.bootstrap("part.cjs", world.program, "cd ~guest && runuser -u guest --");
      assert.deepEqual(
        [refused.exitCode, lastLine(refused.stderr)],
        [
          10,
          "terrace: refused (not_privileged): guest is not root and may not use sudo without a password; log in as root or allow it that",
        ],
      );
      const result = await world.bootstrap("mine.cjs", world.program, "cd ~admin && chown admin mine.cjs && runuser -u admin --");
      assert.equal(result.exitCode, 0, result.stderr);
      assert.equal(
        await on("stat -c '%U:%G %a' /opt/terrace/current/terrace.cjs /opt/terrace /opt/terrace/bin"),
        "root:root 755\nroot:root 755\nroot:root 755",
      );
      await on("userdel --remove admin; userdel --remove guest; rm /etc/sudoers.d/admin");
    });

    it("never takes a host back to an older contract", async () => {
      const newer = `#!/usr/bin/node\nconst { basename, dirname } = require("path"), { realpathSync } = require("fs");\nconsole.log(JSON.stringify({ contract: 2, program: basename(dirname(realpathSync(process.argv[1]))) }));\n`;
      await on("cat > /root/newer.cjs", newer);
      const sha256 = await on("sha256sum < newer.cjs | cut -c 1-64");
      assert.equal((await world.bootstrap("newer.cjs", sha256)).exitCode, 0);
      const result = await world.bootstrap("absent.cjs", world.program);
      assert.deepEqual(
        [result.exitCode, lastLine(result.stderr)],
        [
          10,
          "terrace: refused (contract_unsupported): this host's program speaks contract 2, the one to be installed only 1; update this checkout",
        ],
      );
      assert.equal(await on("readlink /opt/terrace/current"), sha256);
      await on(`rm -r /opt/terrace/current /opt/terrace/${sha256}`);
      assert.equal((await world.bootstrap("absent.cjs", world.program)).exitCode, 0);
    });

    it("mends a program that somebody changed, once it is uploaded again", async () => {
      const program = `/opt/terrace/${world.program}/terrace.cjs`;
      await on(`echo '// changed' >> ${program}`);
      assert.equal((await world.bootstrap("absent.cjs", world.program)).exitCode, 50);
      await world.upload("/root/again.cjs");
      assert.equal((await world.bootstrap("again.cjs", world.program)).exitCode, 0);
      assert.equal(await on(`sha256sum < ${program} | cut -c 1-64`), world.program);
    });
  });

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
      await world.host.result("host-secrets", world.hostSecrets());
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

  describe("with instances on it", () => {
    const docker = (change: Partial<PlatformRequest["docker"]>): Partial<PlatformRequest> => ({
      docker: { ...world.platformRequest().docker, ...change },
    });
    const facts = (): Promise<string> =>
      on(
        "cat /etc/docker/daemon.json; systemctl show --value -p ActiveEnterTimestampMonotonic docker; docker inspect --format '{{.Id}} {{.State.StartedAt}}' terrace-ingress instance; sha256sum /etc/sudoers.d/terrace",
      );

    before(async () => {
      const image = world.images.get("truealpha/redis:8") ?? "";
      const { registry } = world.sandbox.seed;
      const auths = { [registry.host]: { auth: Buffer.from(`${registry.user}:${registry.password}`).toString("base64") } };
      await on("mkdir -p /run/pull && cat > /run/pull/config.json", canonicalJson({ auths }));
      await on(`docker --config /run/pull pull --quiet ${image}; rm -r /run/pull`);
      await on(`docker run --detach --name instance --label dev.terrace.instance=shop-staging ${image}`);
    });
    after(() => on("docker rm --force instance"));

    it("refuses what would restart under them, and then has changed nothing", async () => {
      const before = await facts();
      const refused = await call({ ...docker({ logMaximumFiles: 4 }), operators: [] });
      assert.deepEqual(
        [refused.exitCode, refused.stdout, refused.lastLine],
        [
          10,
          "",
          "terrace: refused (restart_needs_maintenance): Docker configuration (daemon.json differs in log-opts) would restart what shop-staging stands on; nothing was changed",
        ],
      );
      assert.equal(await facts(), before);
      const another = await call({ ingress: { ...world.platformRequest().ingress, trustedProxies: ["192.0.2.0/24"] } });
      assert.match(another.lastLine, /^terrace: refused \(restart_needs_maintenance\): ingress \(was made from another definition\)/);
      assert.equal(await facts(), before);
    });

    it("takes a reload without asking", async () => {
      const started = await on("systemctl show --value -p ActiveEnterTimestampMonotonic docker");
      assert.deepEqual(touched(await apply(docker({ concurrentDownloads: 7 }))), ["Docker configuration changed"]);
      assert.equal(await on("systemctl show --value -p ActiveEnterTimestampMonotonic docker"), started);
      assert.deepEqual(touched(await apply()), ["Docker configuration changed"]);
    });

    it("restarts Docker under them where maintenance is declared, and they live on", async () => {
      const before = await on("docker inspect --format '{{.State.Pid}} {{.State.StartedAt}}' instance terrace-ingress");
      const result = await apply({ ...docker({ logMaximumFiles: 4 }), maintenance: true });
      assert.deepEqual(touched(result), ["Docker configuration changed"]);
      assert.equal(await on("docker inspect --format '{{.State.Pid}} {{.State.StartedAt}}' instance terrace-ingress"), before);
      await apply({ maintenance: true });
    });

    it("keeps the ingress it has when a new one does not come up", async () => {
      const before = await on("docker inspect --format '{{.Id}}' terrace-ingress");
      // An image that is no Traefik: it can be created and does not start.
      const ingress = { ...world.platformRequest().ingress, image: world.images.get("truealpha/redis:8") ?? "" };
      const failed = await call({ ingress, maintenance: true });
      assert.equal(failed.exitCode, 20, failed.stderr);
      assert.match(
        failed.lastLine,
        /^terrace: aborted \(ingress_unreachable\): the new ingress did not come up, the earlier one runs again: /,
      );
      assert.equal(await on("docker inspect --format '{{.Id}}' terrace-ingress"), before);
      await on("until [ $(docker inspect --format '{{.State.Health.Status}}' terrace-ingress) = healthy ]; do sleep 0.1; done");
      assert.deepEqual(touched(await apply({ maintenance: true })), []);
    });
  });

  describe("for those who log in", () => {
    const key = (name: "deploy-staging" | "deploy-prod" | "deploy-test"): string => world.sandbox.seed.identities[name].privateKey;
    const status = canonicalJson({ contract: 1, request: "status" });
    const deploy = (command: string, stdin?: string) => world.ssh("deploy-staging", key("deploy-staging"), command, stdin);

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

    it("gives a deploy user neither Docker, nor a terminal, nor a place to leave a key", async () => {
      assert.notEqual((await deploy("test -w /var/run/docker.sock")).exitCode, 0);
      assert.match((await deploy("id -nG")).stdout, /^users terrace-deployers\n$/);
      assert.notEqual((await deploy("touch ~/x ~/.ssh/authorized_keys2")).exitCode, 0);
      const forced = await world.ssh("deploy-staging", key("deploy-staging"), "tty");
      assert.equal(forced.stdout, "not a tty\n");
    });

    it("keeps one environment's key out of the other's account", async () => {
      assert.equal((await world.ssh("deploy-prod", key("deploy-staging"), "true")).exitCode, 255);
      assert.equal((await world.ssh("deploy-prod", key("deploy-prod"), "true")).exitCode, 0);
    });

    it("lets an operator ask with arguments, until the settings no longer name them", async () => {
      const asked = await world.ssh("olga", key("deploy-test"), "sudo -n /opt/terrace/bin/terrace status");
      assert.equal(asked.exitCode, 0, asked.stderr);
      assert.match(asked.stdout, /^platform, terrace /);
      assert.deepEqual(touched(await apply({ operators: [] })), ["former accounts changed"]);
      assert.equal((await world.ssh("olga", key("deploy-test"), "true")).exitCode, 255);
      assert.deepEqual(touched(await apply()), ["account olga changed", "keys of olga changed"]);
      assert.equal((await world.ssh("olga", key("deploy-test"), "true")).exitCode, 0);
    });

    it("never gives a person's name to an account that somebody else made", async () => {
      await on("useradd --create-home boris");
      const refused = await call({ operators: [{ name: "boris", publicKeys: [world.sandbox.seed.identities["deploy-test"].publicKey] }] });
      assert.deepEqual([refused.exitCode, /\((\w+)\)/.exec(refused.lastLine)?.[1]], [50, "malformed_request"]);
      assert.match(refused.lastLine, /"boris" exists on this server and Terrace has not made it/);
      await on("userdel --remove boris");
    });
  });

  describe("and its ingress", () => {
    const address = (): Promise<string> =>
      on("docker inspect --format '{{(index .NetworkSettings.Networks \"terrace-ingress\").IPAddress}}' terrace-ingress");
    const curl = (words: string): Promise<string> => on(`curl --silent --show-error --max-time 10 ${words} 2>&1; echo " exit $?"`);

    it("answers with the certificate it was given, and to no other name", async () => {
      const served = await curl(
        `--resolve truealpha.test:443:127.0.0.1 --output /dev/null --write-out '%{http_code}' https://truealpha.test/`,
      );
      assert.equal(served, "404 exit 0");
      const unknown = await curl("--insecure --resolve other.test:443:127.0.0.1 https://other.test/");
      assert.match(unknown, /exit 35$/);
    });

    it("sends plain requests to TLS", async () => {
      const answer = await curl(
        "--header 'Host: truealpha.test' --output /dev/null --write-out '%{http_code} %{redirect_url}' http://127.0.0.1/x",
      );
      assert.equal(answer, "301 https://truealpha.test/x exit 0");
    });

    it("listens on IPv6 too, and sees who asks", async () => {
      const { ipv6 } = world.host.place.address;
      const served = await curl(
        `--resolve 'truealpha.test:443:[${ipv6}]' --output /dev/null --write-out '%{http_code}' https://truealpha.test/`,
      );
      assert.equal(served, "404 exit 0");
    });

    it("has an API that nothing but its own loopback reaches", async () => {
      const ip = await address();
      assert.match(await curl(`http://${ip}:8080/api/rawdata`), /exit 7$/);
      assert.equal(await on(`docker port terrace-ingress | grep -v -e '^80/' -e '^443/' || true`), "");
      const inside = await on(
        "nsenter --net=/proc/$(docker inspect --format '{{.State.Pid}}' terrace-ingress)/ns/net curl --silent http://127.0.0.1:8080/api/version",
      );
      assert.match(inside, /"Version":"v?3\./);
    });

    it("runs with nothing but what it needs", async () => {
      const status = await on("cat /proc/$(docker inspect --format '{{.State.Pid}}' terrace-ingress)/status");
      // Bit 10: CAP_NET_BIND_SERVICE.
      assert.match(status, /^CapEff:\s+0000000000000400$/m);
      assert.match(status, /^NoNewPrivs:\s+1$/m);
      assert.equal(
        await on("docker inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.RestartPolicy.Name}}' terrace-ingress"),
        "true unless-stopped",
      );
    });

    it("shows a new certificate without a restart", async () => {
      const before = await on(
        "docker inspect --format '{{.State.StartedAt}}' terrace-ingress; ls /srv/terrace/ingress/certificates/staging",
      );
      const none = await world.host.result("host-secrets", world.hostSecrets({ originCertificates: [] }));
      assert.equal(none.outcome, "deployed");
      await on(
        "until ! curl --silent --insecure --resolve truealpha.test:443:127.0.0.1 https://truealpha.test/ >/dev/null; do sleep 0.1; done",
      );
      assert.equal((await world.host.result("host-secrets", world.hostSecrets())).outcome, "deployed");
      await on("until curl --silent --resolve truealpha.test:443:127.0.0.1 https://truealpha.test/ >/dev/null; do sleep 0.1; done");
      assert.equal((await world.host.result("host-secrets", world.hostSecrets())).outcome, "unchanged");
      assert.equal(
        await on("docker inspect --format '{{.State.StartedAt}}' terrace-ingress; ls /srv/terrace/ingress/certificates/staging"),
        before,
      );
    });

    it("leaves no registry password on the disk, in clear or otherwise readable", async () => {
      const { password } = world.sandbox.seed.registry;
      const encoded = Buffer.from(password).toString("base64").replace(/=+$/, "");
      await on("cat > /run/needles", `${password}\n${encoded}\n`);
      const places = "/etc /opt /root /srv /var/lib/terrace /var/log /home /run/terrace /tmp /var/tmp";
      const planted = await on(
        `cp /run/needles /var/lib/terrace/planted; grep --recursive --files-with-matches --fixed-strings --file=/run/needles ${places} 2>/dev/null || true`,
      );
      assert.equal(planted, "/var/lib/terrace/planted");
      await on("rm /var/lib/terrace/planted");
      assert.equal(await on(`journalctl --quiet --no-pager --output=cat | grep --count --fixed-strings --file=/run/needles || true`), "0");
    });
  });
});
