import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer as createHttpsServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pairPaths, slotCertificates, type SlotCertificates } from "../../../sandbox/ca.ts";
import { slotOf, type Slot } from "../../../sandbox/slot.ts";

describe("certificates of a slot", () => {
  let slot: Slot;
  let made: SlotCertificates;

  before(async () => {
    slot = { ...slotOf(5), directory: await mkdtemp(join(tmpdir(), "terrace-ca-")) };
    made = await slotCertificates(slot);
  });
  after(() => rm(slot.directory, { recursive: true }));

  const names = (certificate: string): string => new X509Certificate(certificate).subjectAltName ?? "";

  it("cover the names and addresses of the services", () => {
    assert.equal(names(made.registry.certificate), "DNS:registry.terrace.test, IP Address:198.18.21.2, IP Address:2001:DB8:7E:5:0:0:0:2");
    assert.match(names(made.infisical.certificate), /^DNS:infisical\.terrace\.test, IP Address:198\.18\.21\.3,/);
    assert.match(names(made.cloudflare.certificate), /^DNS:cloudflare\.terrace\.test, IP Address:198\.18\.21\.4,/);
    const zone = "DNS:truealpha.test, DNS:*.truealpha.test, DNS:*.staging.truealpha.test, DNS:*.test.truealpha.test";
    assert.equal(names(made.origin.certificate), zone);
    assert.ok(names(made.edge.certificate).startsWith(`${zone}, DNS:edge.terrace.test, IP Address:198.18.21.5`));
  });

  it("are kept as they are", async () => assert.deepEqual(await slotCertificates(slot), made));

  it("are made again when key and certificate do not belong together", async () => {
    const paths = pairPaths(slot, "infisical");
    await writeFile(paths.privateKey, made.registry.privateKey);
    const again = await slotCertificates(slot);
    assert.notEqual(again.infisical.certificate, made.infisical.certificate);
    assert.deepEqual({ ...again, infisical: made.infisical }, made);
    assert.equal(await readFile(paths.certificate, "utf8"), again.infisical.certificate);
  });

  it("keep private keys from others", async () => assert.equal((await stat(pairPaths(slot, "ca").privateKey)).mode & 0o777, 0o600));

  it("serve TLS to a client that knows the CA, ask for the client's, and fail for one that knows another", async () => {
    const server = createHttpsServer(
      {
        cert: made.origin.certificate,
        key: made.origin.privateKey,
        ca: made.originPullCa.certificate,
        requestCert: true,
        rejectUnauthorized: true,
      },
      (_, response) => response.end("hello"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (ca: string, servername: string, client: boolean): Promise<string> =>
      new Promise((resolve) => {
        const pull = client ? { cert: made.originPull.certificate, key: made.originPull.privateKey } : {};
        request({ host: "127.0.0.1", port, servername, ca, agent: false, ...pull }, (response) => resolve(String(response.statusCode)))
          .once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
          .end();
      });
    try {
      assert.equal(await ask(made.ca.certificate, "api.staging.truealpha.test", true), "200");
      assert.equal(await ask(made.ca.certificate, "deep.api.staging.truealpha.test", true), "ERR_TLS_CERT_ALTNAME_INVALID");
      assert.notEqual(await ask(made.ca.certificate, "api.staging.truealpha.test", false), "200");
      assert.notEqual(await ask(made.originPullCa.certificate, "api.staging.truealpha.test", true), "200");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
