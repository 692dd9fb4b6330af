import assert from "node:assert/strict";
import { startBench, zoneId, type Bench } from "./api.ts";

const records = `zones/${zoneId}/dns_records`;

describe("Cloudflare emulator: DNS records", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.close());

  it("creates, reads, overwrites, edits and deletes a record, and keeps it over a restart", async () => {
    const created = await bench.call("POST", records, {
      name: "API.truealpha.test.",
      type: "A",
      content: "198.18.16.11",
      ttl: 300,
      comment: "made by a test",
    });
    assert.equal(created.status, 200);
    const { id, created_on, modified_on, comment_modified_on, ...rest } = created.result;
    assert.match(String(id), /^[0-9a-f]{32}$/);
    assert.equal(created_on, modified_on);
    assert.equal(comment_modified_on, modified_on);
    assert.deepEqual(rest, {
      name: "api.truealpha.test",
      type: "A",
      content: "198.18.16.11",
      proxiable: true,
      proxied: false,
      ttl: 300,
      settings: {},
      meta: {},
      comment: "made by a test",
      tags: [],
    });
    await bench.restart();
    const path = `${records}/${String(id)}`;
    assert.deepEqual((await bench.call("GET", path)).result, created.result);

    const edited = await bench.call("PATCH", path, { content: "198.18.16.12" });
    assert.equal(edited.result["content"], "198.18.16.12");
    assert.equal(edited.result["ttl"], 300);
    assert.equal(edited.result["comment"], "made by a test");
    assert.equal(edited.result["comment_modified_on"], comment_modified_on);

    const overwritten = await bench.call("PUT", path, {
      name: "www.truealpha.test",
      type: "AAAA",
      content: "2001:DB8:0::1",
      proxied: true,
      ttl: 1,
    });
    assert.equal(overwritten.result["id"], id);
    assert.equal(overwritten.result["content"], "2001:db8::1");
    assert.equal(overwritten.result["comment"], null);
    assert.equal(overwritten.result["proxied"], true);

    const deleted = await bench.call("DELETE", path);
    assert.deepEqual(deleted.result, { id });
    for (const method of ["GET", "DELETE"]) {
      const gone = await bench.call(method, path);
      assert.deepEqual([gone.status, gone.errors[0]?.code], [404, 81044]);
    }
    assert.equal((await bench.call("PUT", path, { name: "a", type: "A", content: "1.2.3.4" })).status, 404);
  });

  it("gives back full names for short ones, and automatic TTL for proxied records", async () => {
    const short = await bench.call("POST", records, { name: "app", type: "A", content: "1.2.3.4", proxied: true, ttl: 120 });
    assert.deepEqual([short.result["name"], short.result["ttl"]], ["app.truealpha.test", 1]);
    const apex = await bench.call("POST", records, { name: "@", type: "A", content: "1.2.3.4" });
    assert.deepEqual([apex.result["name"], apex.result["ttl"]], ["truealpha.test", 1]);
  });

  const valid = { name: "app.truealpha.test", type: "A", content: "198.18.16.11" };
  const refused: readonly (readonly [what: string, body: Record<string, unknown>, code: number])[] = [
    ["a TTL of 59", { ...valid, ttl: 59 }, 9021],
    ["a TTL of 86401", { ...valid, ttl: 86_401 }, 9021],
    ["a broken TTL", { ...valid, ttl: 60.5 }, 9021],
    ["a host name as content of A", { ...valid, content: "app.example.com" }, 9005],
    ["IPv6 as content of A", { ...valid, content: "2001:db8::1" }, 9005],
    ["IPv4 as content of AAAA", { ...valid, type: "AAAA" }, 9006],
    ["an address as content of CNAME", { ...valid, type: "CNAME" }, 9007],
    ["a CNAME to itself", { ...valid, type: "CNAME", content: "app.truealpha.test" }, 9039],
    ["a name in another zone", { ...valid, name: "app.example.com" }, 9000],
    ["a zone that only ends alike", { ...valid, name: "app.nottruealpha.test" }, 9000],
    ["a name with a blank", { ...valid, name: "a b" }, 9000],
    ["a star inside", { ...valid, name: "a.*.truealpha.test" }, 9000],
    ["a proxied TXT", { ...valid, type: "TXT", proxied: true }, 9004],
    ["MX without priority", { ...valid, type: "MX", content: "mail.truealpha.test" }, 9100],
    ["tags, which a free zone has none of", { ...valid, tags: ["team:a"] }, 9300],
    ["a long comment", { ...valid, comment: "x".repeat(101) }, 9313],
    ["a type it does not know", { ...valid, type: "LOC" }, 99000],
    ["a field it does not know", { ...valid, private_routing: true }, 99000],
    ["no content", { name: "app.truealpha.test", type: "A" }, 9207],
  ];
  for (const [what, body, code] of refused) {
    it(`refuses ${what} with ${code}`, async () => {
      const answer = await bench.call("POST", records, body);
      assert.deepEqual(
        [answer.status, answer.success, answer.result, answer.errors.map((error) => error.code)],
        [400, false, null, [code]],
      );
      assert.equal((await bench.call("GET", records)).result.length, 0);
    });
  }

  const conflicts: readonly (readonly [first: Record<string, unknown>, second: Record<string, unknown>, code: number | undefined])[] = [
    [valid, valid, 81058],
    [valid, { ...valid, proxied: true }, 81058],
    [valid, { ...valid, content: "198.18.16.12" }, undefined],
    [valid, { ...valid, type: "AAAA", content: "2001:db8::1" }, undefined],
    [valid, { ...valid, type: "CNAME", content: "b.truealpha.test" }, 81053],
    [{ ...valid, type: "CNAME", content: "b.truealpha.test" }, valid, 81054],
    [{ ...valid, type: "CNAME", content: "b.truealpha.test" }, { ...valid, type: "CNAME", content: "c.truealpha.test" }, 81053],
    [valid, { ...valid, type: "TXT", content: "v=spf1 -all" }, undefined],
  ];
  for (const [first, second, code] of conflicts) {
    it(`${String(second["type"])} ${String(second["content"])} beside ${String(first["type"])} ${String(first["content"])}: ${code ?? "accepted"}`, async () => {
      assert.equal((await bench.call("POST", records, first)).status, 200);
      const answer = await bench.call("POST", records, second);
      assert.deepEqual([answer.status, answer.errors[0]?.code], [code === undefined ? 200 : 400, code]);
    });
  }

  it("does not take a record for its own conflict when it is overwritten", async () => {
    const { result } = await bench.call("POST", records, valid);
    assert.equal((await bench.call("PUT", `${records}/${String(result["id"])}`, { ...valid, proxied: true })).status, 200);
  });

  it("filters, sorts and pages lists, and refuses filters it does not know", async () => {
    for (const [name, content] of [
      ["b", "1.1.1.2"],
      ["a", "1.1.1.1"],
      ["c", "1.1.1.3"],
    ] as const)
      await bench.call("POST", records, { ...valid, name, content });
    await bench.call("POST", records, { name: "a", type: "TXT", content: "Hello" });
    const names = async (query: string): Promise<unknown> =>
      (await bench.call("GET", `${records}?${query}`)).result.map((record) => `${String(record["name"])} ${String(record["type"])}`);
    assert.deepEqual(await names("type=A"), ["a.truealpha.test A", "b.truealpha.test A", "c.truealpha.test A"]);
    assert.deepEqual(await names("type=A&direction=desc&per_page=2"), ["c.truealpha.test A", "b.truealpha.test A"]);
    assert.deepEqual(await names("name=A.truealpha.test&type=A"), ["a.truealpha.test A"]);
    assert.deepEqual(await names("name.startswith=c&content.contains=1.3"), ["c.truealpha.test A"]);
    assert.deepEqual(await names("match=any&name.exact=b.truealpha.test&content=hello&order=type"), [
      "b.truealpha.test A",
      "a.truealpha.test TXT",
    ]);
    const page = await bench.call("GET", `${records}?per_page=3&page=2`);
    assert.deepEqual(page.result_info, { page: 2, per_page: 3, count: 1, total_count: 4, total_pages: 2 });
    const unknown = await bench.call("GET", `${records}?search=a`);
    assert.deepEqual([unknown.status, unknown.errors[0]?.code], [400, 99000]);
  });
});
