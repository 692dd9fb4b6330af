import assert from "node:assert/strict";
import { askedTags, nextDigests, nextTags } from "../../../sandbox/images/digests.ts";

const reference = (service: string, digit: string): string => `registry.terrace.test/truealpha/${service}:v1@sha256:${digit.repeat(64)}`;
const commit = (digit: string): string => digit.repeat(40);
const before = {
  truealpha: {
    commit: commit("1"),
    time: "2026-11-01T00:00:00.000Z",
    images: { api: reference("api", "a"), redis: reference("redis", "b") },
  },
  odoo18: { commit: commit("2"), time: "2026-10-01T00:00:00.000Z", images: { web: reference("web", "c") } },
};
const provenance = { commit: commit("3"), time: "2026-11-21T00:00:00.000Z" };

describe("image-digests.json", () => {
  it("is made from nothing", () => {
    const images = { api: reference("api", "a") };
    assert.deepEqual(nextDigests({}, { truealpha: images }, provenance), { truealpha: { ...provenance, images } });
  });

  it("keeps commit and time of images that are the same, in whatever order", () => {
    const images = { redis: reference("redis", "b"), api: reference("api", "a") };
    assert.deepEqual(nextDigests(before, { truealpha: images }, provenance), before);
  });

  const changes = [
    { what: "another digest", images: { api: reference("api", "d"), redis: reference("redis", "b") } },
    { what: "a service more", images: { ...before.truealpha.images, worker: reference("worker", "e") } },
    { what: "a service less", images: { api: reference("api", "a") } },
  ];
  for (const { what, images } of changes) {
    it(`says commit and time of the new build after ${what}, and leaves other entries alone`, () => {
      assert.deepEqual(nextDigests(before, { truealpha: images }, provenance), { ...before, truealpha: { ...provenance, images } });
    });
  }
});

describe("tags of the next builds", () => {
  const versioned = ["truealpha/api", "truealpha/worker"];
  const naming = (api: string): typeof before => ({
    ...before,
    truealpha: { ...before.truealpha, images: { ...before.truealpha.images, api: reference("api", "a").replace(":v1@", `:${api}@`) } },
  });
  for (const [what, file, asked, tags] of [
    ["are the first ones where there is no file", {}, {}, { "truealpha/api": "v1", "truealpha/worker": "v1" }],
    ["are those asked for", {}, { "truealpha/worker": "v3" }, { "truealpha/api": "v1", "truealpha/worker": "v3" }],
    ["stay where nobody asked: building again takes nothing back", naming("v12"), {}, { "truealpha/api": "v12", "truealpha/worker": "v1" }],
    ["change where somebody asked", naming("v12"), { "truealpha/api": "v2" }, { "truealpha/api": "v2", "truealpha/worker": "v1" }],
    ["leave behind what is broken on purpose", naming("v12-exits"), {}, { "truealpha/api": "v1", "truealpha/worker": "v1" }],
  ] as const) {
    it(what, () => assert.deepEqual(nextTags(file, asked, versioned), tags));
  }

  it("are asked for by name", () => {
    assert.deepEqual(askedTags(["truealpha/api:v2", "truealpha/worker:v3-exits"], versioned), {
      "truealpha/api": "v2",
      "truealpha/worker": "v3-exits",
    });
    for (const name of ["truealpha/api", "truealpha/redis:8", "v2"])
      assert.throws(() => askedTags([name], versioned), {
        message: `--digests: writes one build of each image; name truealpha/api:v2 or truealpha/worker:v2 (both or one of them), got "${name}"`,
      });
  });
});
