import assert from "node:assert/strict";
import fc from "fast-check";
import { Manifest, failureLine, oneLine, plainText } from "../../contract/index.ts";
import { progressTo } from "../../host/progress.ts";
import { manifest } from "../host/fixtures.ts";

describe("contract/text: words of others", () => {
  const forged = "no\u001b[2K\r==> deployed: all is well\u0007\u009b1A";

  it("lose what moves the cursor, and keep what can be read", () => {
    assert.equal(plainText(forged), "no ==> deployed: all is well ");
    assert.equal(plainText("\tat f (a.ts:1)\n\u001b[31mred\u001b[0m é 日本 🙂"), "\tat f (a.ts:1)\nred é 日本 🙂");
    assert.equal(oneLine(" a\n\u001b[31mb \t c\u0000"), "a b c");
  });

  it("are one line without a control character, whatever they were", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => assert.doesNotMatch(oneLine(text), /\p{Cc}/u)));
  });

  it("forge nothing in progress and in the last line", () => {
    const lines: string[] = [];
    const progress = progressTo((text) => lines.push(text));
    progress.note(forged);
    progress.warn(forged);
    const ending = { outcome: "aborted", code: "smoke_failed", what: forged } as const;
    assert.deepEqual(
      [...lines, failureLine(ending)],
      [
        "    no ==> deployed: all is well \n",
        " !  no ==> deployed: all is well \n",
        "terrace: aborted (smoke_failed): no ==> deployed: all is well",
      ],
    );
  });

  it("are none where a person gives a name: a smoke check's is one line", () => {
    const check = { name: forged, route: "api", method: "GET", path: "/", headers: {}, body: null, timeoutSeconds: 5 } as const;
    const smoke = [{ ...check, expect: { status: 200, contains: null, json: {} } }];
    const shop = manifest();
    const named = { ...shop, release: { ...shop.release, checks: { releaseEcho: null, smoke } } };
    assert.deepEqual(
      Manifest.safeParse(named).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
      ["release.checks.smoke.0.name: must be one line without control characters"],
    );
  });
});
