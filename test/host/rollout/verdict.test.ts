import assert from "node:assert/strict";
import type { SmokeCheck } from "../../../contract/index.ts";
import { maskOf } from "../../../host/rollout/mask.ts";
import type { ProbeAnswer } from "../../../host/rollout/probe.ts";
import { echoFault, headerFault, smokeFault, valueAt } from "../../../host/rollout/verdict.ts";

const check = (expect: Partial<SmokeCheck["expect"]> = {}): SmokeCheck => ({
  name: "answers",
  route: "api",
  method: "GET",
  path: "/",
  headers: {},
  body: null,
  expect: { status: 200, contains: null, json: {}, ...expect },
  timeoutSeconds: 5,
});
const answer = (changes: Partial<ProbeAnswer> = {}): ProbeAnswer => ({ status: 200, headers: {}, body: "", ...changes });
const id = "1".repeat(64);
const plain = (text: string): string => text;

describe("host/rollout/verdict", () => {
  for (const [what, expect, seen, fault] of [
    ["the status", {}, answer(), undefined],
    ["another status", {}, answer({ status: 503, body: " down \n for now " }), "expected status 200, got 503: down for now"],
    ["an expected error", { status: 404 }, answer({ status: 404 }), undefined],
    ["the text", { contains: "ok" }, answer({ body: "all ok" }), undefined],
    ["no text", { contains: "ok" }, answer(), 'expected the body to contain "ok", got an empty body'],
    ["the value", { json: { "/data/0/ready": true } }, answer({ body: '{"data":[{"ready":true}]}' }), undefined],
    ["another value", { json: { "/ready": true } }, answer({ body: '{"ready":"true"}' }), 'expected true at /ready, got "true"'],
    ["no value", { json: { "/ready": true } }, answer({ body: "{}" }), "expected true at /ready, got nothing"],
    ["a null that is wanted", { json: { "/errors": null } }, answer({ body: '{"errors":null}' }), undefined],
    ["no null where one is wanted", { json: { "/errors": null } }, answer({ body: "{}" }), "expected null at /errors, got nothing"],
    ["no JSON", { json: { "/ready": true } }, answer({ body: "<html>" }), "expected JSON, got <html>"],
  ] as const) {
    it(`a smoke check that sees ${what}`, () => assert.equal(smokeFault(check(expect), seen, plain), fault));
  }

  it("quotes no more than 200 characters", () => {
    const fault = smokeFault(check(), answer({ status: 500, body: "x".repeat(5000) }), plain) ?? "";
    assert.equal(fault.length, "expected status 200, got 500: ".length + 200);
  });

  it("quotes no part of a secret that is cut off where the quotation ends", () => {
    const mask = maskOf(["correct horse battery staple"], {});
    const body = `${"x".repeat(180)} correct horse battery staple`;
    const quoted = `${"x".repeat(180)} •••`;
    assert.equal(smokeFault(check(), answer({ status: 500, body }), mask), `expected status 200, got 500: ${quoted}`);
    assert.equal(smokeFault(check({ json: { "": 1 } }), answer({ body: JSON.stringify(body) }), mask), `expected 1 at , got "${quoted}"`);
    assert.equal(echoFault(answer({ body }), id, mask), `expected release 111111111111, got ${quoted}`);
  });

  for (const [what, seen, fault] of [
    ["the release", answer({ body: JSON.stringify({ release: id }) }), undefined],
    ["another release", answer({ body: "2".repeat(64) }), `expected release 111111111111, got ${"2".repeat(64)}`],
    ["an error that quotes the release", answer({ status: 500, body: id }), `expected status 200, got 500: ${id}`],
  ] as const) {
    it(`an echo of ${what}`, () => assert.equal(echoFault(seen, id, plain), fault));
  }

  for (const [what, seen, fault] of [
    ["the release", answer({ status: 404, headers: { "x-terrace-release": id } }), undefined],
    [
      "another release",
      answer({ headers: { "x-terrace-release": "2".repeat(64) } }),
      "expected release 111111111111 in X-Terrace-Release, got 222222222222 (status 200)",
    ],
    ["none", answer({ status: 404 }), "expected release 111111111111 in X-Terrace-Release, got none (status 404)"],
    [
      "a release that does not answer",
      answer({ status: 502, headers: { "x-terrace-release": id } }),
      "GET /shop answered 502: the app itself, or the ingress cannot reach it; look at the container's log too",
    ],
  ] as const) {
    it(`a header of ${what}`, () => assert.equal(headerFault(seen, id, "/shop"), fault));
  }

  // The document and most cases of RFC 6901, section 5.
  const document = { foo: ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, " ": 7 };
  for (const [pointer, expected] of [
    ["", document],
    ["/foo", ["bar", "baz"]],
    ["/foo/0", "bar"],
    ["/", 0],
    ["/a~1b", 1],
    ["/m~0n", 8],
    ["/ ", 7],
    ["/foo/2", undefined],
    ["/foo/01", undefined],
    ["/foo/length", undefined],
    ["/toString", undefined],
    ["/foo/0/x", undefined],
  ] as const) {
    it(`the pointer ${JSON.stringify(pointer)}`, () => assert.deepEqual(valueAt(document, pointer), expected));
  }
});
