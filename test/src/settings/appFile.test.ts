import assert from "node:assert/strict";
import { AppFile, checksOf } from "../../../components/app/appFile.ts";
import { Checks } from "../../../contract/index.ts";

/** What people write about one check, and what crosses to the host for it. */
const base = { name: "x", route: "api", path: "/", timeoutSeconds: 10, headers: {}, expect: { status: 200, contains: null, json: {} } };
const cases: readonly (readonly [string, object, object])[] = [
  ["nothing but a path: GET", {}, { method: "GET", body: null }],
  ["a text: POST as it stands", { body: "a=1" }, { method: "POST", body: "a=1" }],
  [
    "a mapping: POST as canonical JSON",
    { body: { b: 1, a: { d: [true, null], c: "x" } } },
    { method: "POST", body: '{"a":{"c":"x","d":[true,null]},"b":1}', headers: { "content-type": "application/json" } },
  ],
  [
    "a mapping with a content type of its own",
    { body: {}, method: "PUT", headers: { "content-type": "application/graphql+json" } },
    { method: "PUT", body: "{}", headers: { "content-type": "application/graphql+json" } },
  ],
  [
    "a mapping with a content type in capitals, which is one all the same",
    { body: {}, headers: { "Content-Type": "application/graphql+json" } },
    { method: "POST", body: "{}", headers: { "Content-Type": "application/graphql+json" } },
  ],
  [
    "what the answer must be",
    { expect: { status: 404, contains: "no", json: { "/a/0": null } }, timeoutSeconds: 3 },
    { method: "GET", body: null, expect: { status: 404, contains: "no", json: { "/a/0": null } }, timeoutSeconds: 3 },
  ],
];

describe("the checks of an app", () => {
  for (const [what, written, crossing] of cases) {
    it(what, () => {
      const checks = checksOf(AppFile.parse({ smoke: [{ name: "x", route: "api", path: "/", ...written }] }));
      assert.deepEqual(checks, { releaseEcho: null, smoke: [{ ...base, ...crossing }] });
      assert.deepEqual(Checks.parse(checks), checks);
    });
  }

  it("are none in an empty file", () => assert.deepEqual(checksOf(AppFile.parse({})), { releaseEcho: null, smoke: [] }));
});
