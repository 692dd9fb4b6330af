import assert from "node:assert/strict";
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import * as x509 from "@peculiar/x509";
import { probe } from "../../../host/rollout/probe.ts";
import type { ProbeRequest } from "../../../host/rollout/probe.ts";

describe("host/rollout/probe", () => {
  let server: Server;
  let request: Omit<ProbeRequest, "until" | "path">;

  before(async () => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const made = await x509.X509CertificateGenerator.createSelfSigned({ name: "CN=shop.example.com", signingAlgorithm: algorithm, keys });
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
    server = createServer({ key, cert: made.toString("pem") }, (seen, response) => {
      response.writeHead(200, { "x-terrace-release": "r1" });
      response.write("data: first\n\n");
      if (seen.url !== "/events") response.end("data: last\n\n");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const where = { address: "127.0.0.1", port, host: "shop.example.com", authorities: undefined };
    request = { ...where, method: "GET", headers: {}, body: null, timeoutSeconds: 1 };
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("reads an answer to its end", async () => {
    const answer = await probe({ ...request, path: "/", until: "end" });
    assert.deepEqual([answer.status, answer.body], [200, "data: first\n\ndata: last\n\n"]);
  });

  it("is content with the head of an answer that never ends", async () => {
    const answer = await probe({ ...request, path: "/events", until: "head" });
    assert.deepEqual([answer.status, answer.headers["x-terrace-release"], answer.body], [200, "r1", ""]);
  });

  it("says that an answer did not come in time", () =>
    assert.rejects(probe({ ...request, path: "/events", until: "end" }), { message: "https://shop.example.com: no answer within 1 s" }));
});
