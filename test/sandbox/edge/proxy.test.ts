import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { host, papers, Rig } from "./rig.ts";

/** Tells what the origin saw. */
const mirror = (request: IncomingMessage): string =>
  JSON.stringify({ method: request.method, url: request.url, headers: request.headers, raw: request.rawHeaders });
interface Mirrored {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly raw: readonly string[];
}

describe("edge: passing requests on", () => {
  let rig: Rig;
  afterEach(() => rig.close());

  it("keeps host, path and query, adds Cloudflare's headers, drops those of the connection and those a client made up", async () => {
    rig = await Rig.create((request, response) => {
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.setHeader("Keep-Alive", "timeout=5");
      response.end(mirror(request));
    });
    const heard = await rig.get("/a/b?c=d&e", {
      headers: {
        host,
        "X-Forwarded-For": "203.0.113.9",
        "CF-Connecting-IP": "203.0.113.9",
        "X-Forwarded-Proto": "gopher",
        Connection: "close, X-Private",
        "X-Private": "1",
        "X-Custom": "kept",
      },
    });
    const seen = JSON.parse(heard.text) as Mirrored;
    assert.deepEqual([heard.status, seen.method, seen.url, seen.headers["host"]], [200, "GET", "/a/b?c=d&e", host]);
    assert.equal(seen.headers["x-forwarded-for"], "203.0.113.9, 127.0.0.1");
    assert.equal(seen.headers["cf-connecting-ip"], "127.0.0.1");
    assert.equal(seen.headers["x-forwarded-proto"], "https");
    assert.equal(seen.headers["cf-visitor"], '{"scheme":"https"}');
    assert.match(seen.headers["cf-ray"] ?? "", /^[0-9a-f]{16}-TRC$/);
    assert.deepEqual([seen.headers["x-custom"], seen.headers["x-private"]], ["kept", undefined]);
    assert.ok(seen.raw.includes("X-Custom"), "spelling of names is kept");
    assert.deepEqual(heard.headers["set-cookie"], ["a=1", "b=2"]);
    assert.equal(heard.headers["cf-ray"], seen.headers["cf-ray"]);
    assert.deepEqual(
      [heard.headers["cf-cache-status"], heard.headers["x-terrace-emulator"], heard.headers["keep-alive"]],
      ["DYNAMIC", "edge", undefined],
    );
  });

  it("carries bodies both ways unchanged, with and without a length", async () => {
    rig = await Rig.create((request, response) => {
      response.writeHead(201, { "x-length": request.headers["content-length"] ?? "none" });
      request.pipe(response);
    });
    const body = randomBytes(3_000_000);
    const digest = createHash("sha256").update(body.toString("base64")).digest("hex");
    const text = body.toString("base64");
    for (const headers of [{ "content-length": String(Buffer.byteLength(text)) }, { "transfer-encoding": "chunked" }]) {
      const heard = await rig.get("/echo", { method: "POST", body: text, headers: { host, ...headers } });
      assert.equal(heard.status, 201);
      assert.equal(createHash("sha256").update(heard.text).digest("hex"), digest);
      assert.equal(heard.headers["x-length"], "content-length" in headers ? headers["content-length"] : "none");
    }
  });

  it("answers HEAD, 204 and 304 without a body, and a POST without one", async () => {
    rig = await Rig.create((request, response) => {
      response.writeHead(Number(request.headers["x-status"] ?? 200), {
        etag: '"1"',
        "x-body": request.headers["content-length"] ?? "none",
      });
      response.end();
    });
    assert.deepEqual(
      [(await rig.get("/", { method: "HEAD" })).status, (await rig.get("/", { headers: { host, "x-status": "204" } })).status],
      [200, 204],
    );
    const unchanged = await rig.get("/", { headers: { host, "x-status": "304" } });
    assert.deepEqual([unchanged.status, unchanged.headers["etag"]], [304, '"1"']);
    assert.equal((await rig.get("/", { method: "POST" })).headers["x-body"], "0");
  });

  it("lets an event stream through as it comes", async () => {
    let begin = (): void => undefined;
    let proceed = (): void => undefined;
    rig = await Rig.create((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      begin = () => response.write("data: first\n\n");
      proceed = () => response.end("data: last\n\n");
    });
    const { authority } = await papers();
    const request = httpsRequest({
      host: "127.0.0.1",
      port: rig.port,
      servername: host,
      ca: authority.certificate,
      headers: { host },
      agent: false,
    }).end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    // The answer is there before its first byte of content, as a browser's EventSource wants it.
    begin();
    const [first] = (await once(response, "data")) as [Buffer];
    // The origin has not finished yet, and only now does.
    assert.equal(first.toString(), "data: first\n\n");
    proceed();
    const [last] = (await once(response, "data")) as [Buffer];
    assert.equal(last.toString(), "data: last\n\n");
  });

  it("lets an upload through as it comes, and an answer that does not wait for its end", async () => {
    const arrived: string[] = [];
    rig = await Rig.create((request, response) => {
      request.once("data", (chunk: Buffer) => {
        arrived.push(chunk.toString());
        response.writeHead(413).end("too large");
      });
    });
    const { authority } = await papers();
    const request = httpsRequest({
      host: "127.0.0.1",
      port: rig.port,
      servername: host,
      ca: authority.certificate,
      method: "PUT",
      headers: { host },
      agent: false,
    });
    request.on("error", () => undefined);
    request.write("part one");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    assert.deepEqual([response.statusCode, arrived], [413, ["part one"]]);
    request.destroy();
  });

  it("tells the origin when the client leaves", async () => {
    const left = Promise.withResolvers<undefined>();
    const reached = Promise.withResolvers<undefined>();
    rig = await Rig.create((_request, response) => {
      reached.resolve(undefined);
      response.on("close", () => left.resolve(undefined));
    });
    const { authority } = await papers();
    const request = httpsRequest({
      host: "127.0.0.1",
      port: rig.port,
      servername: host,
      ca: authority.certificate,
      headers: { host },
      agent: false,
    }).end();
    request.on("error", () => undefined);
    await reached.promise;
    request.destroy();
    await left.promise;
  });

  it("cuts the client off when the origin breaks off, rather than pretend the answer was whole", async () => {
    rig = await Rig.create((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setTimeout(() => response.destroy(), 20);
    });
    await assert.rejects(rig.get("/"), /aborted|ECONNRESET/);
  });

  it("speaks HTTP/2 to clients that offer it, unless the zone says no", async () => {
    rig = await Rig.create((request, response) => {
      response.setHeader("Connection", "close");
      response.end(mirror(request));
    });
    const { authority } = await papers();
    const session = connectHttp2(`https://${host}`, {
      ca: authority.certificate,
      createConnection: () =>
        connectTls({ host: "127.0.0.1", port: rig.port, servername: host, ca: authority.certificate, ALPNProtocols: ["h2"] }),
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const stream = session.request({ ":authority": host, ":path": `/h2?${index}`, ":method": "POST", cookie: ["a=1", "b=2"] });
        stream.end(`body ${index}`);
        let text = "";
        let status: unknown;
        stream.on("response", (headers) => (status = headers[":status"]));
        for await (const chunk of stream as AsyncIterable<Buffer>) text += chunk.toString();
        return { status, ...(JSON.parse(text) as Mirrored) };
      }),
    );
    session.close();
    assert.deepEqual(
      answers.map(({ status, url, headers }) => [status, url, headers["host"], headers["cookie"], headers["transfer-encoding"]]),
      answers.map((_, index) => [200, `/h2?${index}`, host, "a=1; b=2", "chunked"]),
    );
    await rig.world.setting("http2", "off");
    const socket = connectTls({
      host: "127.0.0.1",
      port: rig.port,
      servername: host,
      ca: authority.certificate,
      ALPNProtocols: ["h2", "http/1.1"],
    });
    await once(socket, "secureConnect");
    assert.equal(socket.alpnProtocol, "http/1.1");
    socket.destroy();
  });

  it("joins websockets, passes an origin's refusal on, and obeys the zone's setting", async () => {
    rig = await Rig.create((_request, response) => response.writeHead(418).end("no sockets here"));
    rig.origin.secure.on("upgrade", (request, socket) => {
      if (request.url === "/refuse") {
        socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 3\r\n\r\nno\n");
        return;
      }
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${String(request.headers["sec-websocket-key"])}\r\n\r\nhello`,
      );
      socket.pipe(socket);
    });
    const { authority } = await papers();
    const open = (path: string): ReturnType<typeof httpRequest> =>
      httpsRequest({
        host: "127.0.0.1",
        port: rig.port,
        servername: host,
        ca: authority.certificate,
        path,
        agent: false,
        headers: { host, connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "abc" },
      }).end();
    const [response, socket, head] = (await once(open("/ws"), "upgrade")) as [IncomingMessage, import("node:stream").Duplex, Buffer];
    assert.deepEqual(
      [response.statusCode, response.headers["sec-websocket-accept"], response.headers["x-terrace-emulator"]],
      [101, "abc", "edge"],
    );
    let heard = head.toString();
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
    socket.write(" world");
    while (heard !== "hello world") await once(socket, "data", { signal: AbortSignal.timeout(2000) });
    socket.destroy();
    const [refused] = (await once(open("/refuse"), "response")) as [IncomingMessage];
    assert.equal(refused.statusCode, 401);
    await rig.world.setting("websockets", "off");
    const [off] = (await once(open("/ws"), "response")) as [IncomingMessage];
    assert.equal(off.statusCode, 400);
    // Any other upgrade is not taken up: the request is an ordinary one.
    assert.equal((await rig.get("/", { headers: { host, connection: "Upgrade", upgrade: "h2c" } })).status, 418);
  });

  it("logs every request without its query", async () => {
    rig = await Rig.create((_request, response) => response.end("ok"));
    await rig.get("/path?token=secret-value", { method: "POST", body: "x" });
    await rig.get("/other");
    const lines = await rig.log(2);
    assert.deepEqual(
      lines.map(({ method, path, status, write, origin }) => [method, path, status, write, origin]),
      [
        ["POST", "/path", 200, true, "127.0.0.1"],
        ["GET", "/other", 200, false, "127.0.0.1"],
      ],
    );
    assert.equal(JSON.stringify(lines).includes("secret-value"), false);
  });
});

describe("edge: TLS towards visitors", () => {
  let rig: Rig;
  before(async () => {
    rig = await Rig.create((_request, response) => response.end("ok"));
  });
  after(() => rig.close());

  const handshake = async (options: ConnectionOptions): Promise<string | null> => {
    const { authority } = await papers();
    const socket = connectTls({
      host: "127.0.0.1",
      port: rig.port,
      servername: host,
      ca: authority.certificate,
      ciphers: "DEFAULT:@SECLEVEL=0",
      ...options,
    });
    try {
      await once(socket, "secureConnect");
      return socket.getProtocol();
    } finally {
      socket.destroy();
    }
  };
  const only = (version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"): ConnectionOptions => ({ minVersion: version, maxVersion: version });

  it("shows a certificate for the zone's names, and none to other names", async () => {
    assert.equal(await handshake({}), "TLSv1.3");
    await assert.rejects(handshake({ servername: "truealpha.example" }));
    await assert.rejects(handshake({ servername: "a.b.truealpha.test" }));
  });

  it("follows min_tls_version and tls_1_3 without a restart", async () => {
    assert.equal(await handshake(only("TLSv1.1")), "TLSv1.1");
    await rig.world.setting("min_tls_version", "1.2");
    await assert.rejects(handshake(only("TLSv1.1")));
    assert.equal(await handshake(only("TLSv1.2")), "TLSv1.2");
    await rig.world.setting("min_tls_version", "1.3");
    await assert.rejects(handshake(only("TLSv1.2")));
    assert.equal(await handshake(only("TLSv1.3")), "TLSv1.3");
    await rig.world.setting("min_tls_version", "1.2");
    await rig.world.setting("tls_1_3", "off");
    await assert.rejects(handshake(only("TLSv1.3")));
    assert.equal(await handshake({}), "TLSv1.2");
    await rig.world.setting("tls_1_3", "on");
  });

  it("redirects to HTTPS only when the zone says so, and adds the transport security header", async () => {
    assert.equal((await rig.plain("/a?b")).status, 200);
    await rig.world.setting("always_use_https", "on");
    const heard = await rig.plain("/a?b");
    assert.deepEqual([heard.status, heard.headers.location], [301, `https://${host}/a?b`]);
    const header = { strict_transport_security: { enabled: true, max_age: 300, include_subdomains: true, preload: false, nosniff: true } };
    await rig.world.zones.change("0123456789abcdef0123456789abcdef", { settings: { security_header: { value: header, modifiedOn: "" } } });
    const secured = await rig.get("/");
    assert.deepEqual(
      [secured.headers["strict-transport-security"], secured.headers["x-content-type-options"]],
      ["max-age=300; includeSubDomains", "nosniff"],
    );
  });
});
