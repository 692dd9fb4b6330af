import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { probeRegistry } from "../../../components/app/registryProbe.ts";
import { certificateFor } from "../../src/secrets/certificate.ts";

describe("the knock at a registry", () => {
  let server: Server;
  let authority: string;
  let asked: string[];
  let answer: (response: ServerResponse) => void;

  before(async () => {
    const { certificate, privateKey } = await certificateFor(["localhost"], 1);
    authority = certificate;
    server = createServer({ cert: certificate, key: privateKey }, ({ method = "", url = "", headers }, response) => {
      asked.push(`${method} ${url} ${headers.authorization ?? "-"}`);
      answer(response);
    });
    server.listen(0, "localhost");
    await once(server, "listening");
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => (asked = []));

  const portOf = (of: Server): number => (of.address() as AddressInfo).port;
  const knock = (trusted: string | undefined = authority, milliseconds = 5000): Promise<string | undefined> =>
    probeRegistry(`localhost:${portOf(server)}`, trusted, AbortSignal.timeout(milliseconds));

  for (const status of [200, 401, 503]) {
    it(`is content with status ${status}: somebody is there`, async () => {
      answer = (response) => void response.writeHead(status).end();
      assert.equal(await knock(), undefined);
      assert.deepEqual(asked, ["HEAD /v2/ -"]);
    });
  }

  it("ends with the deadline where nobody answers", async () => {
    answer = () => undefined;
    assert.equal(await knock(authority, 50), "it does not answer");
  });

  it("tells a certificate that nobody trusts, with the remedy", async () => {
    answer = (response) => void response.end();
    const why = await probeRegistry(`localhost:${portOf(server)}`, undefined, AbortSignal.timeout(5000));
    assert.match(why ?? "", /^its certificate is not trusted \(\w+\); give its authority in registry\.authority/);
  });

  it("trusts what everybody trusts too, where a registry has an authority of its own no more", async () => {
    answer = (response) => void response.end();
    const { certificate: former } = await certificateFor(["registry.example.com"], 1);
    const publicly = getCACertificates("default");
    setDefaultCACertificates([authority]);
    try {
      assert.equal(await knock(former), undefined);
    } finally {
      setDefaultCACertificates(publicly);
    }
  });

  it("tells a closed door", async () => {
    const closed = createServer().listen(0, "localhost");
    await once(closed, "listening");
    const free = portOf(closed);
    closed.close();
    await once(closed, "close");
    assert.equal(await probeRegistry(`localhost:${free}`, authority, AbortSignal.timeout(5000)), "it refuses connections");
  });
});
