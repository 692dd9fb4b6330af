import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { hostVariables } from "../../../cli/remote.ts";
import { exportLines, operatorVariables, sandboxVariables, writeAuthorities } from "../../../sandbox/environment.ts";
import { registryConfiguration } from "../../../sandbox/registry.ts";
import type { Seed } from "../../../sandbox/seed.ts";
import { serverFiles, type ServerFilesArgs } from "../../../sandbox/serverFiles.ts";
import { serverSources } from "../../../sandbox/serverRoot.ts";
import { serverPlaces, slotOf } from "../../../sandbox/slot.ts";

const slot = slotOf(2);
const [place] = serverPlaces(slot, ["staging"]);
if (place === undefined) throw new Error("one name, one place");
const pair = (type: string): { privateKey: string; publicKey: string } => ({
  privateKey: `PRIVATE ${type}\n`,
  publicKey: `ssh-${type} AAAA`,
});

describe("files of a server", () => {
  const args: ServerFilesArgs = {
    slot,
    place,
    machineId: "0".repeat(32),
    hostKeys: { ed25519: pair("ed25519"), ecdsa: pair("ecdsa"), rsa: pair("rsa") },
    rootKeys: ["ssh-ed25519 AAAA one", "ssh-ed25519 BBBB two"],
    caCertificate: "CERTIFICATE\n",
    aptDateChecks: ['Acquire::Check-Valid-Until "false";'],
  };
  const files = new Map(serverFiles(args).map((file) => [file.path, file]));
  const content = (path: string): string | undefined => files.get(path)?.content;

  it("configure the network without a way out", () => {
    const network = content("etc/systemd/network/10-host0.network") ?? "";
    assert.match(network, /^Address=198\.18\.18\.11\/24\nAddress=2001:db8:7e:2::11\/64$/m);
    assert.doesNotMatch(network, /Gateway|DHCP=yes|IPv6AcceptRA=yes/);
    assert.equal(content("etc/resolv.conf"), "nameserver 198.18.18.1\nnameserver 2001:db8:7e:2::1\noptions timeout:2\n");
  });

  it("send apt to the gateway, with the machine's own opinion on old indexes", () => {
    assert.equal(
      content("etc/apt/apt.conf.d/00terrace-sandbox"),
      'Acquire::http::Proxy "http://198.18.18.1:3142";\nAcquire::Check-Valid-Until "false";\n',
    );
  });

  it("let the platform identity in, and keep secrets readable by root only", () => {
    assert.deepEqual(files.get("root/.ssh/authorized_keys"), {
      path: "root/.ssh/authorized_keys",
      content: "ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n",
      mode: 0o600,
    });
    for (const type of ["ed25519", "ecdsa", "rsa"]) {
      assert.deepEqual(files.get(`etc/ssh/ssh_host_${type}_key`), {
        path: `etc/ssh/ssh_host_${type}_key`,
        content: `PRIVATE ${type}\n`,
        mode: 0o600,
      });
    }
  });
});

describe("apt sources of a server", () => {
  const archive = new URL("http://mirror.example/x/");
  it("name Debian's own host, whatever the mirror", () => {
    const sources = serverSources({ archives: { debian: archive, "debian-security": archive } });
    assert.deepEqual(sources.match(/^(URIs|Suites): .*$/gm), [
      "URIs: http://deb.debian.org/debian",
      "Suites: trixie trixie-updates",
      "URIs: http://deb.debian.org/debian-security",
      "Suites: trixie-security",
    ]);
  });
  it("leave security out where the mirror has none", () => {
    assert.doesNotMatch(serverSources({ archives: { debian: archive, "debian-security": undefined } }), /security/);
  });
});

describe("registry configuration", () => {
  it("has TLS, a password and deletes, and no anonymous way in", () => {
    const { http, storage, auth } = registryConfiguration(slot, "/x") as {
      http: { addr: string; tls: unknown };
      storage: object;
      auth: object;
    };
    assert.equal(http.addr, "198.18.18.2:443");
    assert.deepEqual(http.tls, {
      certificate: `${slot.directory}/ca/registry.crt`,
      key: `${slot.directory}/ca/registry.key`,
      minimumtls: "tls1.2",
    });
    assert.deepEqual(storage, { filesystem: { rootdirectory: "/x/storage" }, delete: { enabled: true } });
    assert.deepEqual(auth, { htpasswd: { realm: "Terrace sandbox registry", path: "/x/htpasswd" } });
  });
});

describe("environment of a shell", () => {
  it("survives a shell's evaluation whatever the values", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '"', "$", "`", "\\", "\n", " ", "!", "a", "é") }), (value) => {
        const script = `${exportLines({ VALUE: value })}printf %s "$VALUE" | od -An -v -tx1`;
        const bytes = execFileSync("sh", ["-c", script], { encoding: "utf8" }).replaceAll(/\s/g, "");
        assert.equal(bytes, Buffer.from(value).toString("hex"));
      }),
      { numRuns: 50 },
    );
  });

  it("is refused to a shell that cannot have it, in words", () => {
    const ran = spawnSync("dash", ["-c", ". sandbox/env; echo $?"], { cwd: join(import.meta.dirname, "../../.."), encoding: "utf8" });
    assert.deepEqual([ran.stdout, ran.stderr], ["1\n", ' !  sandbox/env: is for bash; start one ("bash"), then: source sandbox/env\n']);
  });

  it("has the identity of its environment and no other", () => {
    const identities = {
      staging: { clientId: "staging-id", clientSecret: "staging-secret" },
      test: { clientId: "test-id", clientSecret: "test-secret" },
      prod: { clientId: "prod-id", clientSecret: "prod-secret" },
    };
    const variables = sandboxVariables(slot, { infisical: { projectId: "project", identities } } as unknown as Seed, "prod");
    assert.equal(variables["INFISICAL_CLIENT_ID"], "prod-id");
    assert.equal(variables["INFISICAL_CLIENT_SECRET"], "prod-secret");
    assert.doesNotMatch(JSON.stringify(variables), /staging-|test-(id|secret)/);
    assert.equal(variables["CLOUDFLARE_BASE_URL"], "https://cloudflare.terrace.test/client/v4");
  });

  it("says where each stack's server is, and whose key opens it", () => {
    const server = (ipv4: string, ed25519: string): unknown => ({ ipv4, hostKeys: { ed25519 } });
    const servers = { staging: server("198.18.18.11", "ssh-ed25519 AAAA"), "pre-prod": server("198.18.18.14", "ssh-ed25519 BBBB") };
    assert.deepEqual(operatorVariables(slot, { servers } as unknown as Seed), {
      TERRACE_ADDRESS_STAGING: "198.18.18.11",
      TERRACE_HOST_KEY_STAGING: "ssh-ed25519 AAAA",
      [hostVariables("pre-prod").address]: "198.18.18.14",
      [hostVariables("pre-prod").hostKey]: "ssh-ed25519 BBBB",
      TERRACE_USER: "operator",
      TERRACE_IDENTITY: `${slot.directory}/identities/platform`,
    });
  });
});

describe("authorities for Node", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "terrace-authorities-"));
    await mkdir(join(directory, "ca"));
    await writeFile(join(directory, "ca/ca.crt"), "SLOT\n");
    await writeFile(join(directory, "outer.crt"), "OUTER");
  });
  after(() => rm(directory, { recursive: true }));

  it("are the slot's after those that the shell has, however often it is asked", async () => {
    const here = { ...slot, directory, caCertificate: join(directory, "ca/ca.crt") };
    const path = await writeAuthorities(here, undefined);
    assert.equal(await readFile(path, "utf8"), "SLOT\n");
    assert.equal(await readFile(await writeAuthorities(here, join(directory, "outer.crt")), "utf8"), "OUTER\nSLOT\n");
    assert.equal(await readFile(await writeAuthorities(here, path), "utf8"), "OUTER\nSLOT\n");
    await rm(path);
    assert.equal(await readFile(await writeAuthorities(here, path), "utf8"), "SLOT\n");
    await assert.rejects(writeAuthorities(here, join(directory, "absent.crt")), { code: "ENOENT" });
  });
});
