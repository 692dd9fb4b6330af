import assert from "node:assert/strict";
import { deployEntries } from "../../../host/platform/sudoRules.ts";
import { debian12, lastLine } from "./suite.ts";
import type { PlatformSuite } from "./suite.ts";

export function bootstrapSection(suite: PlatformSuite): void {
  const { on } = suite;

  describe("and its bootstrap", () => {
    /** As a server with another system sees it: in a mount namespace of its own. */
    const elsewhere = `printf '${debian12}' > /run/os-release-12; unshare --mount -- /bin/sh -c 'mount --bind /run/os-release-12 /usr/lib/os-release && exec "$@"' -`;

    it("refuses another system by its name, before anything is installed", async () => {
      const result = await suite.world.bootstrap("terrace-upload/x.cjs", "0".repeat(64), elsewhere);
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
        const result = await suite.world.bootstrap(path, sha256);
        assert.deepEqual([result.exitCode, lastLine(result.stderr)], [50, `terrace: invalid (malformed_request): ${words}`]);
      });
    }

    it("waits while the server updates itself, then says that there is no upload and what to do", async () => {
      // A fresh server has no package lists, so they must be fetched; somebody holds their lock, the way apt does.
      await on("mkdir -p /var/lib/apt/lists; (flock --fcntl /var/lib/apt/lists/lock sleep 4 >/dev/null 2>&1 &)");
      await on("until ! flock --fcntl --nonblock /var/lib/apt/lists/lock true; do sleep 0.1; done");
      const started = Date.now();
      const result = await suite.world.bootstrap("terrace-upload/absent.cjs", suite.world.program);
      assert.ok(Date.now() - started > 3000, "it did not wait");
      assert.equal(result.exitCode, 50, result.stderr);
      assert.equal(
        lastLine(result.stderr),
        `terrace: invalid (program_absent): the host program is neither at /opt/terrace/${suite.world.program}/terrace.cjs nor uploaded at terrace-upload/absent.cjs; raise platform.epoch to upload it again`,
      );
      assert.match(await on("node --version"), /^v20\./);
      assert.equal(await on("ls /opt/terrace/bin; readlink /opt/terrace/current || true"), "");
    });

    it("takes no part of an upload for the whole", async () => {
      await suite.world.upload("/root/whole.cjs");
      const size = Number(
        await on("mkdir -p terrace-upload; head -c 4096 whole.cjs > terrace-upload/part.cjs; stat -c %s terrace-upload/part.cjs"),
      );
      const seen = await on("sha256sum < terrace-upload/part.cjs | cut -c 1-64");
      const result = await suite.world.bootstrap("terrace-upload/part.cjs", suite.world.program);
      assert.equal(result.exitCode, 50);
      assert.equal(
        lastLine(result.stderr),
        `terrace: invalid (program_absent): the upload at terrace-upload/part.cjs is partial or not the one announced (${size} bytes, SHA-256 ${seen}, expected ${suite.world.program}); raise platform.epoch to upload it again`,
      );
      assert.equal(await on(`ls -A /opt/terrace/${suite.world.program}; readlink /opt/terrace/current || true`), "");
    });

    it("puts the program in place, and the second time finds it there without an upload", async () => {
      await on("mv whole.cjs terrace-upload/whole.cjs");
      const first = await suite.world.bootstrap("terrace-upload/whole.cjs", suite.world.program);
      assert.equal(first.exitCode, 0, first.stderr);
      const said = (outcome: string, word: string) =>
        `{"code":"ok","contract":1,"outcome":"${outcome}","what":"the host program ${suite.world.program.slice(0, 12)} ${word} in place"}\n`;
      assert.equal(first.stdout, said("deployed", "is now"));
      assert.equal(await on("readlink /opt/terrace/current; ls terrace-upload"), `${suite.world.program}\npart.cjs`);
      assert.equal(await on("stat -c '%U %a' /opt/terrace/current/terrace.cjs"), "root 755");
      const second = await suite.world.bootstrap("terrace-upload/whole.cjs", suite.world.program);
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
      assert.deepEqual(version, { contract: 1, program: suite.world.program });
    });

    it("works for a user with sudo, and refuses one without", async () => {
      await on("useradd --create-home admin; echo 'admin ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/admin; useradd --create-home guest");
      await on(`rm -rf /opt/terrace; cp /root/terrace-upload/part.cjs ~guest/`);
      await suite.world.upload("/home/admin/mine.cjs");
      const refused = await suite.world.bootstrap("part.cjs", suite.world.program, "cd ~guest && runuser -u guest --");
      assert.deepEqual(
        [refused.exitCode, lastLine(refused.stderr)],
        [
          10,
          "terrace: refused (not_privileged): guest is not root and may not use sudo without a password; log in as root or allow it that",
        ],
      );
      const result = await suite.world.bootstrap(
        "mine.cjs",
        suite.world.program,
        "cd ~admin && chown admin mine.cjs && runuser -u admin --",
      );
      assert.equal(result.exitCode, 0, result.stderr);
      assert.equal(
        await on("stat -c '%U:%G %a' /opt/terrace/current/terrace.cjs /opt/terrace /opt/terrace/bin"),
        "root:root 755\nroot:root 755\nroot:root 755",
      );
      // The platform is made by the same login: its request is read, where it would else be refused before.
      assert.match(
        await on("echo {} | runuser -u admin -- sudo -n /opt/terrace/bin/terrace-platform 2>&1 || true"),
        /^terrace: invalid \(malformed_request\): contract: /m,
      );
      await on("userdel --remove admin; userdel --remove guest; rm /etc/sudoers.d/admin");
    });

    it("never takes a host back to an older contract", async () => {
      const newer = `#!/usr/bin/node\nconst { basename, dirname } = require("path"), { realpathSync } = require("fs");\nconsole.log(JSON.stringify({ contract: 2, program: basename(dirname(realpathSync(process.argv[1]))) }));\n`;
      await on("cat > /root/newer.cjs", newer);
      const sha256 = await on("sha256sum < newer.cjs | cut -c 1-64");
      assert.equal((await suite.world.bootstrap("newer.cjs", sha256)).exitCode, 0);
      const result = await suite.world.bootstrap("absent.cjs", suite.world.program);
      assert.deepEqual(
        [result.exitCode, lastLine(result.stderr)],
        [
          10,
          "terrace: refused (contract_unsupported): this host's program speaks contract 2, the one to be installed only 1; update this checkout",
        ],
      );
      assert.equal(await on("readlink /opt/terrace/current"), sha256);
      await on(`rm -r /opt/terrace/current /opt/terrace/${sha256}`);
      assert.equal((await suite.world.bootstrap("absent.cjs", suite.world.program)).exitCode, 0);
    });

    it("mends a program that somebody changed, once it is uploaded again", async () => {
      const program = `/opt/terrace/${suite.world.program}/terrace.cjs`;
      await on(`echo '// changed' >> ${program}`);
      assert.equal((await suite.world.bootstrap("absent.cjs", suite.world.program)).exitCode, 50);
      await suite.world.upload("/root/again.cjs");
      assert.equal((await suite.world.bootstrap("again.cjs", suite.world.program)).exitCode, 0);
      assert.equal(await on(`sha256sum < ${program} | cut -c 1-64`), suite.world.program);
    });
  });
}
