import assert from "node:assert/strict";
import { variantOf } from "../../../sandbox/images/variant.ts";

describe("variants of an image", () => {
  const cases = [
    { tag: "v1", version: "v1", mode: "normal" },
    { tag: "v120", version: "v120", mode: "normal" },
    { tag: "exits", version: "exits", mode: "exits" },
    { tag: "never-healthy", version: "never-healthy", mode: "never-healthy" },
    { tag: "v7-smoke-fails", version: "v7", mode: "smoke-fails" },
  ] as const;
  for (const { tag, version, mode } of cases) {
    it(`${tag} is version ${version}, ${mode}`, () => {
      assert.deepEqual(variantOf(tag), { tag, version, mode });
    });
  }

  for (const tag of ["", "v0", "v01", "latest", "normal", "v1-normal", "v1-", "v1-exits-exits", "V1", "v1 ", "exits-v1"]) {
    it(`refuses "${tag}"`, () => {
      assert.throws(() => variantOf(tag), {
        message: `tag "${tag}": must be a version such as v1, one of exits, never-healthy, smoke-fails, or both such as v1-exits`,
      });
    });
  }
});
