import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { askRegistry, type RegistryAccess, type RegistryAnswer } from "../../../components/app/registryClient.ts";
import { certificateFor } from "../../src/secrets/certificate.ts";

const digest = `sha256:${"a".repeat(64)}`;
const basic = `Basic ${Buffer.from("puller:hunter2").toString("base64")}`;

describe("the registry", () => {
  let server: Server;
  let access: RegistryAccess;
  let asked: string[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  before(async () => {
    const { certificate, privateKey } = await certificateFor(["localhost"], 1);
    access = { username: "puller", password: "hunter2", authority: certificate };
    server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
      asked.push(`${request.method ?? ""} ${request.url ?? ""} ${request.headers.authorization ?? "-"}`);
      answer(request, response);
    });
    server.listen(0, "localhost");
    await once(server, "listening");
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => (asked = []));

  const address = (): string => `localhost:${(server.address() as AddressInfo).port}`;
  const ask = (with_: RegistryAccess | undefined = access, signal = AbortSignal.timeout(5000)): Promise<RegistryAnswer> =>
    askRegistry({ registry: address(), path: "shop/web", digest }, with_, signal);
  const path = `/v2/shop/web/manifests/${digest}`;

  it("that asks for nothing is asked once, for the digest itself, as any kind of manifest", async () => {
    let accepted = "";
    answer = (request, response) => {
      accepted = request.headers.accept ?? "";
      response.end();
    };
    assert.deepEqual(await ask(), { kind: "answered", status: 200 });
    assert.deepEqual(asked, [`HEAD ${path} -`]);
    assert.match(accepted, /oci\.image\.index.*oci\.image\.manifest.*manifest\.list.*manifest\.v2/);
  });

  it("gets the password when it asks for it, and not before", async () => {
    answer = ({ headers }, response) => {
      response.writeHead(headers.authorization === basic ? 404 : 401, { "www-authenticate": 'Basic realm="Registry"' }).end();
    };
    assert.deepEqual(await ask(), { kind: "answered", status: 404 });
    assert.deepEqual(asked, [`HEAD ${path} -`, `HEAD ${path} ${basic}`]);
  });

  it("with a token server: the token that this gives for the credentials", async () => {
    answer = ({ url = "", headers }, response) => {
      if (url.startsWith("/token")) response.end(JSON.stringify({ token: "one-time" }));
      else if (headers.authorization === "Bearer one-time") response.end();
      else {
        const challenge = `Bearer realm="https://${address()}/token",service="registry",scope="repository:shop/web:pull"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      }
    };
    assert.deepEqual(await ask(), { kind: "answered", status: 200 });
    assert.deepEqual(asked, [
      `HEAD ${path} -`,
      `GET /token?service=registry&scope=repository%3Ashop%2Fweb%3Apull ${basic}`,
      `HEAD ${path} Bearer one-time`,
    ]);
  });

  for (const [what, challenge] of [
    ["a token server that speaks in clear", 'Bearer realm="http://localhost/token",service="registry"'],
    ["a challenge that nobody knows", "Negotiate"],
    ["no challenge", ""],
  ] as const) {
    it(`with ${what} gets no password`, async () => {
      answer = (_, response) => void response.writeHead(401, { "www-authenticate": challenge }).end();
      assert.deepEqual(await ask(), { kind: "answered", status: 401 });
      assert.deepEqual(asked, [`HEAD ${path} -`]);
    });
  }

  it("that never answers ends with the deadline", async () => {
    answer = () => undefined;
    assert.deepEqual(await ask(access, AbortSignal.timeout(50)), { kind: "unreachable", why: "it does not answer" });
  });

  it("that cannot be trusted or is not there is told with its reason", async () => {
    answer = (_, response) => void response.end();
    const untrusted = await ask({ ...access, authority: undefined });
    assert.match(
      untrusted.kind === "unreachable" ? untrusted.why : "",
      /^its certificate is not trusted \(\w+\); give its authority in registry\.authority/,
    );
    const { port } = server.address() as AddressInfo;
    const closed = createServer().listen(0, "localhost");
    await once(closed, "listening");
    const free = (closed.address() as AddressInfo).port;
    closed.close();
    await once(closed, "close");
    assert.notEqual(free, port);
    assert.deepEqual(await askRegistry({ registry: `localhost:${free}`, path: "a", digest }, access, AbortSignal.timeout(5000)), {
      kind: "unreachable",
      why: "it refuses connections",
    });
  });
});
