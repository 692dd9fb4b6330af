import assert from "node:assert/strict";
import { host, Rig } from "./rig.ts";

describe("edge: custom rules", () => {
  let rig: Rig;
  before(async () => {
    rig = await Rig.create((_request, response) => response.end("origin"));
  });
  after(() => rig.close());

  const env = { action: "block", expression: `http.host eq "${host}" and starts_with(http.request.uri.path, "/.env")`, ref: "env" };

  it("block, and say which rule it was in the log only", async () => {
    await rig.rules(env);
    const heard = await rig.get("/.env?x=1");
    assert.deepEqual([heard.status, /error code: 1020/.test(heard.text), heard.text.includes("env")], [403, true, false]);
    assert.equal((await rig.get("/")).text, "origin");
    const lines = await rig.log(2);
    assert.deepEqual([lines[0]?.["status"], lines[0]?.["rule"]], [403, "env"]);
  });

  it("block with an answer of their own", async () => {
    await rig.rules({
      ...env,
      action_parameters: { response: { status_code: 404, content: '{"error":"no"}', content_type: "application/json" } },
    });
    const heard = await rig.get("/.env");
    assert.deepEqual([heard.status, heard.headers["content-type"], heard.text], [404, "application/json", '{"error":"no"}']);
  });

  it("challenge", async () => {
    await rig.rules({ ...env, action: "managed_challenge" });
    const heard = await rig.get("/.env");
    assert.deepEqual([heard.status, heard.headers["cf-mitigated"]], [403, "challenge"]);
  });

  it("go in order: skip spares the rest, log and disabled rules change nothing", async () => {
    const everything = { action: "block", expression: "true", ref: "all" };
    await rig.rules(
      { action: "skip", action_parameters: { ruleset: "current" }, expression: "ip.src in {127.0.0.0/8}", ref: "friends" },
      everything,
    );
    assert.equal((await rig.get("/")).text, "origin");
    await rig.rules({ action: "log", expression: "ssl", ref: "note" }, { ...everything, enabled: false });
    assert.equal((await rig.get("/")).text, "origin");
    const lines = await rig.log(6);
    assert.equal(lines.at(-1)?.["logged"], "note");
    await rig.rules({ action: "skip", action_parameters: { products: ["bic"] }, expression: "true", ref: "other" }, everything);
    assert.equal((await rig.get("/")).status, 403);
  });

  it("see plain HTTP too, and stop when they are gone", async () => {
    await rig.rules(env);
    assert.equal((await rig.plain("/.env")).status, 403);
    await rig.rules();
    assert.equal((await rig.plain("/.env")).text, "origin");
  });
});
