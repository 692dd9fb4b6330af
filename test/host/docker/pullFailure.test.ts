import assert from "node:assert/strict";
import { architectureFault, judgePullFailure } from "../../../host/docker/pullFailure.ts";

const reference = "registry.example.com/shop/api:1.0@sha256:abc";

describe("host/docker/pullFailure", () => {
  for (const [message, code] of [
    // Seen from Docker 26.1 against Debian's registry 2.8 in the sandbox.
    ["manifest for registry.terrace.test/truealpha/api@sha256:0000 not found: manifest unknown: manifest unknown", "image_not_found"],
    ['Get "https://registry.terrace.test/v2/truealpha/redis/manifests/sha256:83b8": no basic auth credentials', "registry_denied"],
    ['Get "https://registry.terrace.test/v2/": dial tcp 198.18.21.2:443: connect: connection refused', "registry_unreachable"],
    [
      'Get "https://registry.terrace.test/v2/": dial tcp: lookup registry.terrace.test on 198.18.21.1:53: no such host',
      "registry_unreachable",
    ],
    [
      'Get "https://registry.terrace.test/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      "registry_unreachable",
    ],
    // From moby's and distribution's sources.
    ["unauthorized: authentication required", "registry_denied"],
    [
      "pull access denied for shop/api, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      "registry_denied",
    ],
    ["no matching manifest for linux/amd64 in the manifest list entries", "wrong_architecture"],
    [
      "image with reference x was found but does not match the specified platform: wanted linux/amd64, actual: linux/arm64",
      "wrong_architecture",
    ],
    ["filesystem layer verification failed for digest sha256:1234", "image_corrupt"],
    ["manifest verification failed for digest sha256:1234", "image_corrupt"],
    ["failed to register layer: write /usr/lib/x: no space left on device", "disk_low"],
    ["toomanyrequests: You have reached your pull rate limit", "registry_unreachable"],
    ["received unexpected HTTP status: 503 Service Unavailable", "registry_unreachable"],
    ["net/http: TLS handshake timeout", "registry_unreachable"],
    ["words that nobody has seen before", "registry_unreachable"],
  ] as const) {
    it(`${message}: ${code}`, () => {
      assert.deepEqual(judgePullFailure(reference, message), { code, what: `${reference}: ${message}` });
    });
  }

  it("names both architectures", () => {
    const daemon = { os: "linux", architecture: "amd64" };
    assert.equal(architectureFault(reference, daemon, daemon), undefined);
    assert.deepEqual(architectureFault(reference, { os: "linux", architecture: "arm64" }, daemon), {
      code: "wrong_architecture",
      what: `${reference}: the image is for linux/arm64, this server is linux/amd64`,
    });
  });
});
