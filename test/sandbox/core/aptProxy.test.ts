import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { aptProxies } from "../../../sandbox/aptMirror.ts";
import { archivePath, startAptProxy } from "../../../sandbox/aptProxy.ts";

describe("archive path", () => {
  const cases: readonly [string, ReturnType<typeof archivePath>][] = [
    [
      "http://deb.debian.org/debian/pool/main/c/curl/curl_8.1_amd64.deb",
      { archive: "debian", path: "pool/main/c/curl/curl_8.1_amd64.deb", immutable: true },
    ],
    ["/debian/dists/trixie/InRelease", { archive: "debian", path: "dists/trixie/InRelease", immutable: false }],
    [
      "http://deb.debian.org/debian-security/dists/trixie-security/InRelease",
      { archive: "debian-security", path: "dists/trixie-security/InRelease", immutable: false },
    ],
    [
      `/debian/dists/trixie/main/binary-amd64/by-hash/SHA256/${"a".repeat(64)}`,
      { archive: "debian", path: `dists/trixie/main/binary-amd64/by-hash/SHA256/${"a".repeat(64)}`, immutable: true },
    ],
    ["/debian/pool/main/g/g%2b%2b/g++_1%3a2_amd64.deb", { archive: "debian", path: "pool/main/g/g++/g++_1:2_amd64.deb", immutable: true }],
    ["/debian/pool/main/x/x_1.dsc", { archive: "debian", path: "pool/main/x/x_1.dsc", immutable: false }],
    ["http://example.org/debian/pool/a.deb", undefined],
    ["https://deb.debian.org/debian/pool/a.deb", undefined],
    ["/ubuntu/pool/a.deb", undefined],
    ["/debian/pool/../../etc/passwd", undefined],
    ["/debian/pool/%2e%2e/%2e%2e/etc/passwd.deb", undefined],
    ["/debian/pool/a%2f..%2f..%2f..%2fb.deb", undefined],
    ["/debian/pool//a.deb", undefined],
    ["/debian/pool/a.deb?x=1", undefined],
    ["", undefined],
  ];
  for (const [target, expected] of cases)
    it(`${target || "(empty)"} is ${expected?.path ?? "refused"}`, () => assert.deepEqual(archivePath(target), expected));
});

describe("apt's proxies", () => {
  const cases: readonly [string, NodeJS.ProcessEnv, ReturnType<typeof aptProxies>][] = [
    ["", {}, {}],
    ['Acquire::http::Proxy "http://p:1";', {}, { HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://p:1" }],
    [
      'Acquire::http::Proxy "http://p:1";\nAcquire::https::Proxy "http://q:2";',
      {},
      { HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://q:2" },
    ],
    ['Acquire::http::Proxy "DIRECT";', { http_proxy: "http://e:3" }, {}],
    ['Acquire::http::Proxy::deb.debian.org "http://p:1";', {}, {}],
    ["", { http_proxy: "http://e:3" }, { HTTP_PROXY: "http://e:3", HTTPS_PROXY: "http://e:3" }],
  ];
  for (const [configuration, environment, expected] of cases) {
    it(`${configuration || "nothing"} with ${JSON.stringify(environment)}`, () =>
      assert.deepEqual(aptProxies(configuration, environment), expected));
  }
});

describe("caching apt proxy", () => {
  const deb = "/debian/pool/main/c/curl/curl_8.1_amd64.deb";
  let directory: string;
  let upstream: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let asked: string[];
  let log: Record<string, unknown>[];
  let proxy: Awaited<ReturnType<typeof startAptProxy>>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "terrace-apt-"));
    asked = [];
    log = [];
    upstream = createServer((request, response) => {
      asked.push(request.url ?? "");
      answer(request, response);
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const { port } = upstream.address() as AddressInfo;
    proxy = await startAptProxy({
      host: "127.0.0.1",
      port: 0,
      directory,
      log: (entry) => log.push({ ...entry }),
      mirror: {
        get: (archive, path, headers = {}) =>
          new Promise((resolve, reject) =>
            get({ port, host: "127.0.0.1", path: `/${archive}/${path}`, headers: { ...headers } }, resolve).once("error", reject),
          ),
      },
    });
  });

  afterEach(async () => {
    await proxy.close();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
    await rm(directory, { recursive: true });
  });

  const fetchPath = async (path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: "127.0.0.1", port: proxy.port, path, headers, agent: false }, resolve).once("error", reject);
    });
    return { status: response.statusCode ?? 0, body: await text(response) };
  };

  it("asks the mirror once for a package, however many ask it at the same time", async () => {
    const waiting: ServerResponse[] = [];
    answer = (_, response) => waiting.push(response);
    const clients = Promise.all(Array.from({ length: 5 }, () => fetchPath(deb)));
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    waiting[0]?.end("package");
    assert.deepEqual(
      (await clients).map(({ status, body }) => `${status} ${body}`),
      Array.from({ length: 5 }, () => "200 package"),
    );
    assert.deepEqual(await fetchPath(deb), { status: 200, body: "package" });
    assert.deepEqual(asked, [deb]);
    assert.equal(await readFile(join(directory, deb), "utf8"), "package");
    assert.equal(log.at(-1)?.["source"], "cache");
  });

  it("asks again for an index, and passes conditions and their answer on", async () => {
    answer = (request, response) => {
      response.writeHead(request.headers["if-modified-since"] === undefined ? 200 : 304);
      response.end();
    };
    assert.equal((await fetchPath("/debian/dists/trixie/InRelease")).status, 200);
    assert.equal((await fetchPath("/debian/dists/trixie/InRelease", { "if-modified-since": "Sat, 21 Nov 2026 00:00:00 GMT" })).status, 304);
    assert.equal(asked.length, 2);
  });

  it("keeps nothing of a package that the mirror does not have, or sends only half of", async () => {
    answer = (_, response) => response.writeHead(404).end("no");
    assert.equal((await fetchPath(deb)).status, 404);
    answer = (_, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half");
      setImmediate(() => response.destroy());
    };
    assert.equal((await fetchPath(deb)).status, 502);
    assert.deepEqual(await readdir(directory, { recursive: true }).then((names) => names.filter((name) => /curl_/.test(name))), []);
    answer = (_, response) => response.end("whole");
    assert.deepEqual(await fetchPath(deb), { status: 200, body: "whole" });
  });

  it("serves nothing but archives, and to GET and HEAD only", async () => {
    assert.equal((await fetchPath("http://192.0.2.1/")).status, 403);
    const post = await fetch(`http://127.0.0.1:${proxy.port}${deb}`, { method: "POST", body: "x" });
    assert.equal(post.status, 403);
    assert.deepEqual(asked, []);
  });

  it("says why when the mirror cannot be reached", async () => {
    answer = (request) => request.socket.destroy();
    const { status, body } = await fetchPath(deb);
    assert.equal(status, 502);
    assert.match(body, /socket hang up/);
  });
});
