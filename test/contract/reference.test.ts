import assert from "node:assert/strict";
import { ImageReference, parseReference, referenceFault } from "../../contract/index.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("image references", () => {
  it("reads the parts of the one accepted form", () => {
    assert.deepEqual(parseReference(`registry.example.com:5000/true-alpha/api__v2:1.4.2-rc.1@${digest}`), {
      registry: "registry.example.com:5000",
      path: "true-alpha/api__v2",
      tag: "1.4.2-rc.1",
      digest,
    });
    assert.equal(parseReference(`localhost/api:1@${digest}`)?.registry, "localhost");
  });

  const faults: readonly [string, RegExp][] = [
    ["registry.example.com/api:1.4", /^must be pinned by digest: .*; its push printed the digest/],
    ["registry.example.com/api", /^must be pinned by digest/],
    [`registry.example.com/api@${digest}`, /^needs the tag beside the digest/],
    [`registry.example.com:5000/api@${digest}`, /^needs the tag beside the digest/],
    ["registry.example.com/api:1@sha256:abc", /^has a malformed digest/],
    [`registry.example.com/api:1@${digest.toUpperCase()}`, /^has a malformed digest/],
    [`acme/api:1@${digest}`, /with a registry host/],
    [`api:1@${digest}`, /with a registry host/],
    [`registry.example.com/API:1@${digest}`, /with a registry host/],
    [`registry.example.com/../api:1@${digest}`, /with a registry host/],
    [`registry.example.com/api:1 --privileged@${digest}`, /with a registry host/],
    [`-registry.example.com/api:1@${digest}`, /with a registry host/],
    [`registry.example.com/api:1@${digest}\n`, /malformed digest/],
  ];
  for (const [reference, message] of faults) {
    it(`refuses ${JSON.stringify(reference)}`, () => {
      assert.match(referenceFault(reference) ?? "", message);
      assert.equal(ImageReference.safeParse(reference).success, false);
    });
  }
});
