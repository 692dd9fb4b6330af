import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../../../sandbox/plugins/base/index.ts";
import { dockerProvider } from "../../../../sandbox/plugins/docker/provider.ts";
import { connect } from "../support/providerClient.ts";
import type { ProviderClient } from "../support/providerClient.ts";

const password = "the password of a registry";
const noDaemon = "docker native provider returned an unexpected error from Configure: failed to connect to any docker daemon";

describe("sandbox/plugins/docker: configuration", () => {
  let provider: ProviderClient;
  beforeEach(async () => {
    provider = await connect(dockerProvider, "unconfigured");
  });
  afterEach(() => provider.close());

  it("makes registryAuth secret, which travels as JSON text, whether the program did or not", async () => {
    const registryAuth = JSON.stringify([{ address: "registry.terrace.test", username: "ci", password }]);
    for (const given of [registryAuth, new Secret(registryAuth)]) {
      const { inputs, failures } = await provider.checkConfig({
        host: "ssh://unused",
        disableDockerDaemonCheck: "true",
        registryAuth: given,
      });
      assert.deepEqual(failures, []);
      assert.deepEqual(inputs, { host: "ssh://unused", disableDockerDaemonCheck: "true", registryAuth: new Secret(registryAuth) });
    }
  });

  for (const name of ["context", "sshOpts", "caMaterial", "certMaterial", "keyMaterial", "certPath"]) {
    it(`refuses ${name} by name`, async () => {
      const { failures } = await provider.checkConfig({ host: "ssh://unused", [name]: "value-of-it" });
      assert.equal(failures.length, 1);
      assert.ok(failures[0]?.startsWith(`${name}: `), failures[0]);
    });
  }

  for (const name of ["configFile", "configFileContent"]) {
    it(`refuses registryAuth's ${name} by name, without the password beside it`, async () => {
      const { failures } = await provider.checkConfig({ registryAuth: JSON.stringify([{ address: "r.test", password, [name]: "x" }]) });
      assert.equal(failures.length, 1);
      assert.ok(failures[0]?.startsWith(`registryAuth[0].${name}: `) && !failures[0].includes(password), failures[0]);
    });
  }

  it("needs a user name or a registry without a login, and does not show the password", async () => {
    await assert.rejects(
      provider.configure({ host: "ssh://unused", registryAuth: JSON.stringify([{ address: "r.test", password }]) }),
      (error: Error) => {
        assert.match(error.message, /registryAuth\[0\]\.username: must be given for r\.test/);
        assert.ok(!error.message.includes(password));
        return true;
      },
    );
  });

  describe("daemon", () => {
    let directory: string;
    let daemon: Server | undefined;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "terrace-daemon-"));
    });
    afterEach(async () => {
      await new Promise<void>((resolve) => (daemon === undefined ? resolve() : daemon.close(() => resolve())));
      daemon = undefined;
      rmSync(directory, { recursive: true });
    });

    it("is not dialled over SSH", () => provider.configure({ host: "ssh://nobody.invalid" }));

    it("is pinged through its socket, whatever disableDockerDaemonCheck says", async () => {
      const pings: string[] = [];
      const socket = join(directory, "docker.sock");
      const server = createServer((request, response) => {
        pings.push(`${request.method ?? ""} ${request.url ?? ""}`);
        response.end();
      });
      daemon = server;
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      await provider.configure({ host: `unix://${socket}`, disableDockerDaemonCheck: "true" });
      assert.deepEqual(pings, ["HEAD /_ping"]);
    });

    it("must answer the ping with 200", async () => {
      const server = createServer((_, response) => response.writeHead(503).end());
      daemon = server;
      const socket = join(directory, "docker.sock");
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      await assert.rejects(provider.configure({ host: `unix://${socket}` }), { message: noDaemon });
    });

    it("must be there, whatever disableDockerDaemonCheck says", async () => {
      await assert.rejects(provider.configure({ host: `unix://${join(directory, "nobody.sock")}`, disableDockerDaemonCheck: "true" }), {
        message: noDaemon,
      });
      await assert.rejects(provider.configure({ host: "tcp://127.0.0.1:1" }), { message: noDaemon });
    });

    it("is not reached in ways that this plugin does not have", () =>
      assert.rejects(
        provider.configure({ host: "npipe:////./pipe/docker_engine" }),
        /host: must begin with unix:\/\/, tcp:\/\/, http:\/\/ or ssh:\/\//,
      ));
  });
});
