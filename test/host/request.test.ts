import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { maximumRequestBytes } from "../../contract/index.ts";
import { InvalidRequest, faultLine, parseRequest, readRequestText } from "../../host/request.ts";
import { rolloutRequest } from "./fixtures.ts";

function invalid(work: () => unknown): InvalidRequest {
  try {
    work();
  } catch (error) {
    if (error instanceof InvalidRequest) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

describe("host/request", () => {
  it("gives the request back when it is right", () => {
    const request = rolloutRequest();
    assert.deepEqual(parseRequest(JSON.stringify(request), "rollout"), request);
  });

  it("tells all faults at once, each with its path and the value seen", () => {
    const { manifest, ...rest } = rolloutRequest();
    const text = JSON.stringify({
      ...rest,
      epoch: 0,
      surplus: true,
      manifest: {
        ...manifest,
        app: "Shop",
        release: { ...manifest.release, strategy: { ...manifest.release.strategy, settleSeconds: 61 } },
      },
    });
    const { code, message, faults } = invalid(() => parseRequest(text, "rollout"));
    assert.equal(code, "malformed_request");
    assert.deepEqual(faults.map(faultLine).sort(), [
      "epoch: Too small: expected number to be >=1, got 0",
      'manifest.app: must be lower case letters, digits and single hyphens, beginning with a letter, at most 24 characters, got "Shop"',
      'manifest.instance: must be "Shop-prod", got "shop-prod"',
      "manifest.release.strategy.settleSeconds: Too big: expected number to be <=60, got 61",
      "surplus: is not a known field",
    ]);
    assert.match(message, /^5 faults, the first: /);
  });

  for (const [what, text, message] of [
    ["no JSON", "{secret", "the request is not JSON (7 characters)"],
    ["no object", "[]", "the request is not a JSON object"],
    ["no version", "{}", "contract: must be the contract version (1), got nothing"],
    ["another kind", '{"contract":1,"request":"data"}', 'request: this entry takes "rollout", got "data"'],
    ["what has no bottom", `{"contract":1,"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "the request is nested more than 64 deep"],
    ["no kind", '{"contract":1}', 'request: this entry takes "rollout", got nothing'],
  ] as const) {
    it(`refuses ${what}`, () => assert.equal(invalid(() => parseRequest(text, "rollout")).message, message));
  }

  it("refuses a contract that is not spoken here with its own code", () => {
    const { code, message } = invalid(() => parseRequest('{"contract":2,"request":"rollout"}', "rollout"));
    assert.equal(code, "contract_unsupported");
    assert.match(message, /the host program is older than the client/);
  });

  it("shows no value of a secret request", () => {
    const text = JSON.stringify({
      contract: 1,
      request: "secrets",
      epoch: 1,
      instance: "hunter2-IS-SECRET",
      sets: [{ variables: "hunter2" }],
    });
    const { message, faults } = invalid(() => parseRequest(text, "secrets"));
    assert.ok(faults.length >= 4);
    assert.doesNotMatch(message + faults.map(faultLine).join("\n"), /hunter2/);
  });

  it("reads to the end, in whatever pieces it comes", async () => {
    assert.equal(await readRequestText(Readable.from([Buffer.from('{"a":"\xc3', "latin1"), Buffer.from('\xbc"}', "latin1")])), '{"a":"ü"}');
  });

  it("refuses bytes that are no UTF-8, and more than it reads", async () => {
    await assert.rejects(readRequestText(Readable.from([Buffer.from([0x7b, 0xff])])), { message: "the request is not UTF-8" });
    const chunk = Buffer.alloc(1024 * 1024, "x");
    const stream = Readable.from(
      (function* () {
        for (;;) yield chunk;
      })(),
    );
    await assert.rejects(readRequestText(stream), { message: `the request is longer than ${maximumRequestBytes} bytes` });
  });
});
