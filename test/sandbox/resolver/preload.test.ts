import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startDns, type DnsService } from "../../../sandbox/dns/index.ts";
import { edge, TestWorld } from "../dns/world.ts";

const preload = pathToFileURL(resolve(import.meta.dirname, "../../../sandbox/resolver/preload.mjs")).href;

describe("resolver preload", () => {
  let world: TestWorld;
  let service: DnsService;
  before(async () => {
    world = await TestWorld.create();
    await world.records({ name: "raw", type: "A", content: "198.18.16.12" }, { name: "local", type: "A", content: "127.0.0.1" });
    service = await startDns({
      listeners: [{ host: "127.0.0.1", port: 0 }],
      logs: world.directory,
      names: world.names,
      zones: world.zones,
      edge,
    });
  });
  after(async () => {
    await service.close();
    await world.remove();
  });

  /** Runs a module in a fresh Node process with the preload; what it gives to `tell` comes back. */
  const run = async (code: string, environment: Record<string, string> = {}): Promise<unknown> => {
    const program = `const tell = (value) => console.log(JSON.stringify(value ?? null));\n${code}`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
      env: {
        PATH: process.env["PATH"] ?? "",
        NODE_OPTIONS: `--import=${preload}`,
        TERRACE_RESOLVER: `127.0.0.1:${service.ports[0] ?? 0}`,
        ...environment,
      },
    });
    return JSON.parse(stdout) as unknown;
  };
  const both = [
    { address: "198.18.16.11", family: 4 },
    { address: "2001:db8:7e::11", family: 6 },
  ];
  const name = "staging.servers.terrace.test";

  const cases: readonly (readonly [what: string, code: string, expected: unknown])[] = [
    ["a callback", `dns.lookup("${name}", (...heard) => tell(heard));`, [null, "198.18.16.11", 4]],
    ["a family", `dns.lookup("${name}", 6, (...heard) => tell(heard));`, [null, "2001:db8:7e::11", 6]],
    ["a family by name", `dns.lookup("${name}", { family: "IPv6" }, (...heard) => tell(heard));`, [null, "2001:db8:7e::11", 6]],
    ["all", `dns.lookup("${name}", { all: true }, (...heard) => tell(heard));`, [null, both]],
    ["all, IPv6 first", `dns.lookup("${name}", { all: true, order: "ipv6first" }, (...heard) => tell(heard));`, [null, both.toReversed()]],
    [
      "one family of a name that has only it",
      'dns.lookup("raw.truealpha.test", { all: true }, (...heard) => tell(heard));',
      [null, [{ address: "198.18.16.12", family: 4 }]],
    ],
    ["promises", `tell(await dns.promises.lookup("${name}"));`, both[0]],
    ["promises, all", `tell(await dns.promises.lookup("${name}", { all: true, family: 0 }));`, both],
    [
      "the named import of node:dns",
      `import { lookup } from "node:dns"; lookup("${name}", (...heard) => tell(heard));`,
      [null, "198.18.16.11", 4],
    ],
    ["the named import of node:dns/promises", `import { lookup } from "node:dns/promises"; tell(await lookup("${name}", 4));`, both[0]],
    ["util.promisify", `import { promisify } from "node:util"; tell(await promisify(dns.lookup)("${name}"));`, both[0]],
    ["a final dot and capitals", `dns.lookup("${name.toUpperCase()}.", (...heard) => tell(heard));`, [null, "198.18.16.11", 4]],
    [
      "a name that is none",
      'dns.lookup("nobody.test", (error) => tell([error.code, error.syscall, error.hostname, error.errno]));',
      ["ENOTFOUND", "getaddrinfo", "nobody.test", -3008],
    ],
    ["a family that the name lacks", 'dns.lookup("raw.truealpha.test", 6, (error) => tell(error.code));', "ENOTFOUND"],
    ["every other name, as ever", 'dns.lookup("localhost", { family: 4 }, (...heard) => tell(heard));', [null, "127.0.0.1", 4]],
    [
      "a name that only contains the word",
      'dns.lookup("test.invalid", (error) => tell(error.message.replace("EAI_AGAIN", "ENOTFOUND")));',
      "getaddrinfo ENOTFOUND test.invalid",
    ],
    ["an address", 'dns.lookup("192.0.2.1", (...heard) => tell(heard));', [null, "192.0.2.1", 4]],
    [
      "nonsense, refused by Node itself",
      'try { dns.lookup("a.test", { family: 5 }, () => {}); } catch (error) { tell(error.code); }',
      "ERR_INVALID_ARG_VALUE",
    ],
  ];
  for (const [what, code, expected] of cases) {
    it(`answers ${what}`, async () => {
      const heard = await run(`import dns from "node:dns";\n${code}`);
      assert.deepEqual(heard, expected);
    });
  }

  it("lets fetch reach a .test name, also from a worker", async () => {
    const program = `
      import { createServer } from "node:http";
      import { Worker } from "node:worker_threads";
      const server = createServer((request, response) => response.end(request.headers.host));
      server.listen(0, "127.0.0.1", async () => {
        const url = "http://local.truealpha.test:" + server.address().port + "/";
        const here = await (await fetch(url)).text();
        const worker = new Worker("import { parentPort, workerData } from 'node:worker_threads'; parentPort.postMessage(await (await fetch(workerData)).text());", { eval: true, workerData: url });
        worker.once("message", (there) => { tell([here, there].map((host) => host.split(":")[0])); process.exit(); });
      });`;
    assert.deepEqual(await run(program), ["local.truealpha.test", "local.truealpha.test"]);
  });

  it("says which name server did not answer", async () => {
    const heard = await run('import dns from "node:dns"; dns.lookup("a.test", (error) => tell([error.code, error.message]));', {
      TERRACE_RESOLVER: "127.0.0.1:9",
    });
    assert.deepEqual(heard, ["EAI_AGAIN", "getaddrinfo EAI_AGAIN a.test (the sandbox's name server 127.0.0.1:9 said ECONNREFUSED)"]);
  });

  it("does nothing without TERRACE_RESOLVER", async () => {
    assert.equal(await run('import dns from "node:dns"; tell(dns.lookup.toString().includes("isOurs"));', { TERRACE_RESOLVER: "" }), false);
    assert.equal(await run('import dns from "node:dns"; tell(dns.lookup.toString().includes("isOurs"));'), true);
  });
});
