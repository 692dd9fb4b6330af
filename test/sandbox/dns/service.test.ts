import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { promises as dns } from "node:dns";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { decode, encode, streamDecode, streamEncode, type DecodedPacket, type Packet, type RecordType } from "dns-packet";
import { startDns, type DnsService } from "../../../sandbox/dns/index.ts";
import { edge, TestWorld } from "./world.ts";

describe("DNS emulator", () => {
  let world: TestWorld;
  let service: DnsService;
  let resolver: dns.Resolver;
  beforeEach(async () => {
    world = await TestWorld.create();
    service = await startDns({
      listeners: [{ host: "127.0.0.1", port: 0 }],
      logs: world.directory,
      names: world.names,
      zones: world.zones,
      edge,
    });
    resolver = new dns.Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([`127.0.0.1:${service.ports[0] ?? 0}`]);
  });
  afterEach(async () => {
    await service.close();
    await world.remove();
  });

  const udp = async (message: Buffer): Promise<Buffer> => {
    const socket = createSocket("udp4");
    try {
      socket.send(message, service.ports[0] ?? 0, "127.0.0.1");
      const [reply] = (await once(socket, "message", { signal: AbortSignal.timeout(2000) })) as [Buffer];
      return reply;
    } finally {
      socket.close();
    }
  };
  const tcp = async (...queries: readonly Packet[]): Promise<DecodedPacket[]> => {
    const socket = connect(service.ports[0] ?? 0, "127.0.0.1");
    // One segment for all: the server must cut the stream itself.
    socket.write(Buffer.concat(queries.map((query) => streamEncode(query))));
    const replies: DecodedPacket[] = [];
    let pending = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = 2 + pending.readUInt16BE(0);
        replies.push(streamDecode(pending.subarray(0, length)) as DecodedPacket);
        pending = pending.subarray(length);
      }
      if (replies.length === queries.length) break;
    }
    return replies;
  };
  const code = (packet: Packet): number => (packet.flags ?? 0) & 0xf;
  const query = (name: string, type: RecordType | "ANY" = "A", id = 7): Packet => ({
    type: "query",
    id,
    questions: [{ name, type: type as RecordType }],
  });

  it("answers fixed names in both families, in any case", async () => {
    assert.deepEqual(await resolver.resolve4("Staging.Servers.TERRACE.test"), ["198.18.16.11"]);
    assert.deepEqual(await resolver.resolve6("staging.servers.terrace.test"), ["2001:db8:7e::11"]);
  });

  it("answers proxied names with the edge, others with their content, from the store as it is now", async () => {
    await world.records(
      { name: "app", type: "A", content: "198.18.16.11", proxied: true },
      { name: "raw", type: "A", content: "198.18.16.12", ttl: 120 },
    );
    assert.deepEqual(await resolver.resolve4("app.truealpha.test", { ttl: true }), [{ address: edge.ipv4, ttl: 300 }]);
    assert.deepEqual(await resolver.resolve6("app.truealpha.test"), ["2001:db8:7e::5"]);
    assert.deepEqual(await resolver.resolve4("raw.truealpha.test", { ttl: true }), [{ address: "198.18.16.12", ttl: 120 }]);
    await assert.rejects(resolver.resolve6("raw.truealpha.test"), { code: "ENODATA" });
    await world.setting("ipv6", "off");
    await assert.rejects(resolver.resolve6("app.truealpha.test"), { code: "ENODATA" });
    await world.records();
    await assert.rejects(resolver.resolve4("app.truealpha.test"), { code: "ENOTFOUND" });
  });

  it("follows CNAMEs inside, flattens proxied ones, leaves the outside to others", async () => {
    await world.records(
      { name: "one", type: "CNAME", content: "two.truealpha.test" },
      { name: "two", type: "CNAME", content: "staging.servers.terrace.test" },
      { name: "flat", type: "CNAME", content: "staging.servers.terrace.test", proxied: true },
      { name: "out", type: "CNAME", content: "example.com" },
      { name: "loop", type: "CNAME", content: "loop2.truealpha.test" },
      { name: "loop2", type: "CNAME", content: "loop.truealpha.test" },
    );
    assert.deepEqual(await resolver.resolve4("one.truealpha.test"), ["198.18.16.11"]);
    assert.deepEqual(await resolver.resolveCname("one.truealpha.test"), ["two.truealpha.test"]);
    assert.deepEqual(await resolver.resolve4("flat.truealpha.test"), [edge.ipv4]);
    await assert.rejects(resolver.resolveCname("flat.truealpha.test"), { code: "ENODATA" });
    const outside = decode(await udp(encode(query("out.truealpha.test"))));
    assert.deepEqual(
      outside.answers?.map((answer) => answer.type),
      ["CNAME"],
    );
    await assert.rejects(resolver.resolve4("loop.truealpha.test"), { code: "ESERVFAIL" });
  });

  it("knows wildcards, and that names above a record exist", async () => {
    await world.records(
      { name: "*.apps.truealpha.test", type: "A", content: "198.18.16.13" },
      { name: "deep.er.apps.truealpha.test", type: "TXT", content: "x" },
    );
    assert.deepEqual(await resolver.resolve4("any.apps.truealpha.test"), ["198.18.16.13"]);
    assert.deepEqual(await resolver.resolve4("any.more.apps.truealpha.test"), ["198.18.16.13"]);
    // "er.apps" exists because of what is below it, so the wildcard does not stand for it, nor for anything below.
    await assert.rejects(resolver.resolve4("er.apps.truealpha.test"), { code: "ENODATA" });
    await assert.rejects(resolver.resolve4("other.er.apps.truealpha.test"), { code: "ENOTFOUND" });
  });

  it("answers TXT longer than a character-string, MX, SOA and NS", async () => {
    const text = "v=DKIM1; " + "k".repeat(600);
    await world.records(
      { name: "@", type: "MX", content: "mail.truealpha.test", priority: 10 },
      { name: "key", type: "TXT", content: text },
    );
    assert.equal((await resolver.resolveTxt("key.truealpha.test"))[0]?.join(""), text);
    const mail = await resolver.resolveMx("truealpha.test");
    assert.deepEqual(
      mail.map(({ exchange, priority }) => [exchange, priority]),
      [["mail.truealpha.test", 10]],
    );
    assert.equal((await resolver.resolveSoa("truealpha.test")).nsname, "ada.ns.terrace.test");
    assert.equal((await resolver.resolveNs("truealpha.test")).length, 2);
  });

  it("refuses names that are not its own, and questions it does not know", async () => {
    assert.equal(code(decode(await udp(encode(query("example.com"))))), 5);
    assert.equal(code(decode(await udp(encode(query("truealpha.test", "ANY"))))), 4);
    await assert.rejects(resolver.resolve4("nobody.terrace.test"), { code: "ENOTFOUND" });
  });

  it("tells a UDP asker to come back by TCP when the answer is too long, and answers there, several at once", async () => {
    await world.records({ name: "key", type: "TXT", content: "k".repeat(900) });
    const short = decode(await udp(encode(query("key.truealpha.test", "TXT"))));
    assert.deepEqual([short.flag_tc, short.answers?.length], [true, 0]);
    const [first, second] = await tcp(query("key.truealpha.test", "TXT", 1), query("staging.servers.terrace.test", "A", 2));
    assert.deepEqual([first?.id, first?.flag_tc, first?.answers?.length, second?.id, second?.answers?.length], [1, false, 1, 2, 1]);
  });

  it("answers nonsense with FORMERR, fragments and answers with nothing, and lives on", async () => {
    const reply = await udp(Buffer.concat([Buffer.from([0x12, 0x34, 1, 0, 0, 9]), Buffer.alloc(6)]));
    assert.deepEqual([reply.readUInt16BE(0), reply.readUInt16BE(2) & 0xf], [0x1234, 1]);
    const socket = createSocket("udp4");
    socket.send(Buffer.from([1, 2, 3]), service.ports[0] ?? 0, "127.0.0.1");
    socket.send(encode({ ...query("terrace.test"), type: "response" }), service.ports[0] ?? 0, "127.0.0.1");
    await assert.rejects(once(socket, "message", { signal: AbortSignal.timeout(200) }));
    socket.close();
    assert.deepEqual(await resolver.resolve4("staging.servers.terrace.test"), ["198.18.16.11"]);
  });

  it("has bad days: a name denied for a time, SERVFAIL, silence", async () => {
    const name = "staging.servers.terrace.test";
    await service.controls?.["negative"]?.({ name, ttlSeconds: 900 });
    const denied = decode(await udp(encode(query(name))));
    const [authority] = denied.authorities ?? [];
    assert.deepEqual(
      [code(denied), authority?.type, authority?.type === "SOA" && authority.data.minimum, authority?.type === "SOA" && authority.ttl],
      [3, "SOA", 900, 900],
    );
    await service.controls?.["restore"]?.({});
    await service.controls?.["servfail"]?.({ name });
    await assert.rejects(resolver.resolve4(name), { code: "ESERVFAIL" });
    await service.controls?.["restore"]?.({});
    await service.controls?.["silent"]?.({});
    await assert.rejects(resolver.resolve4(name), { code: "ETIMEOUT" });
    await service.controls?.["restore"]?.({});
    assert.deepEqual(await resolver.resolve4(name), ["198.18.16.11"]);
  });

  it("logs every question", async () => {
    await resolver.resolve4("staging.servers.terrace.test");
    await assert.rejects(resolver.resolve4("nobody.test"));
    const lines = (await readFile(join(world.directory, "dns.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      lines.map(({ method, path, status, write }) => [method, path, status, write]),
      [
        ["A", "staging.servers.terrace.test", 0, false],
        ["A", "nobody.test", 3, false],
      ],
    );
  });
});
