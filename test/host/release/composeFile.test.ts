import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { ComposeDocument } from "../../../contract/index.ts";
import { colourOverride, composeFile, composeText, imagesText } from "../../../host/release/composeFile.ts";
import { digest, manifest } from "../fixtures.ts";

const directory = "/srv/releases/stacks/shop-prod/r1";

describe("host/release/composeFile", () => {
  it("adds what the host knows to each service, and no restart policy", () => {
    const shop = manifest();
    const document = composeFile({ manifest: shop, release: "r1", releaseId: "1".repeat(64), directory });
    assert.deepEqual(document.services["worker"], {
      ...shop.release.runtime.document.services["worker"],
      environment: { TERRACE_RELEASE: "1".repeat(64) },
      restart: "no",
      cap_drop: ["NET_RAW"],
      labels: {
        "dev.terrace.instance": "shop-prod",
        "dev.terrace.environment": "prod",
        "dev.terrace.service": "worker",
        "dev.terrace.role": "worker",
        "dev.terrace.release": "r1",
        "dev.terrace.release-id": "1".repeat(64),
      },
    });
    assert.deepEqual(ComposeDocument.parse(document), document);
  });

  it("leaves no container raw sockets, whoever made its document", () => {
    const dropped = (given: string[] | undefined): unknown => {
      const shop = manifest();
      const { api } = shop.release.runtime.document.services;
      if (given !== undefined) Object.assign(api ?? assert.fail(), { cap_drop: given });
      return composeFile({ manifest: shop, release: "r1", releaseId: "1".repeat(64), directory }).services["api"]?.cap_drop;
    };
    assert.deepEqual(dropped(undefined), ["NET_RAW"]);
    assert.deepEqual(dropped(["KILL"]), ["KILL", "NET_RAW"]);
    assert.deepEqual(dropped(["ALL"]), ["ALL"]);
    assert.deepEqual(dropped(["NET_RAW", "KILL"]), ["NET_RAW", "KILL"]);
  });

  it("mounts configuration out of the release itself, never through the link to the current one", () => {
    const shop = manifest();
    const { api } = shop.release.runtime.document.services;
    assert.ok(api);
    api.volumes = [
      { type: "bind", source: "config/motd.txt", target: "/motd.txt", read_only: true },
      { type: "volume", source: "uploads", target: "/data" },
    ];
    const document = composeFile({ manifest: shop, release: "r1", releaseId: "1".repeat(64), directory });
    assert.deepEqual(document.services["api"]?.volumes, [
      { type: "bind", source: `${directory}/config/motd.txt`, target: "/motd.txt", read_only: true },
      { type: "volume", source: "uploads", target: "/data" },
    ]);
  });

  it("does not let a release name another release", () => {
    const shop = manifest();
    const { api } = shop.release.runtime.document.services;
    assert.ok(api);
    api.environment = { TERRACE_RELEASE: "forged" };
    api.labels = { "dev.terrace.instance": "blog-prod", "com.example": "kept" };
    const { services } = composeFile({ manifest: shop, release: "r1", releaseId: "1".repeat(64), directory });
    assert.equal(services["api"]?.environment?.["TERRACE_RELEASE"], "1".repeat(64));
    assert.equal(services["api"].labels?.["dev.terrace.instance"], "shop-prod");
    assert.equal(services["api"].labels["com.example"], "kept");
  });

  it("keeps what differs between the colours out of the file", () => {
    const source = "/run/terrace/secrets/shop-prod/f/KEY";
    assert.deepEqual(colourOverride(manifest(), "green", [{ service: "api", name: "KEY", source }]), {
      services: {
        api: {
          labels: { "dev.terrace.part": "green" },
          volumes: [{ type: "bind", source, target: "/run/secrets/KEY", read_only: true }],
        },
        worker: { labels: { "dev.terrace.part": "green" } },
        beat: { labels: { "dev.terrace.part": "green" } },
        setup: { labels: { "dev.terrace.part": "green" } },
      },
    });
  });

  it("is read back as it was written, whatever the values look like", () => {
    const tricky = fc.oneof(
      fc.string(),
      fc.constantFrom("yes", "no", "12:30", "0o17", "1e3", "null", "~", "2026-11-21", "$$HOME", "", " x ", "#", "a\nb\n"),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,9}$/), fc.option(tricky)), (environment) => {
        assert.deepEqual(parse(composeText({ environment })), { environment: { ...environment } });
      }),
    );
  });

  it("leaves a secret a bare key", () => {
    assert.equal(composeText({ environment: { PASSWORD: null, USER: "x" } }), 'environment:\n  PASSWORD: null\n  USER: "x"\n');
  });

  it("tells people which images run", () => {
    assert.equal(
      imagesText(manifest()).split("\n").slice(1, 3).join("\n"),
      `API_IMAGE=registry.example.com/shop/api:1.0@${digest("a")}\nWORKER_IMAGE=registry.example.com/shop/worker:1.0@${digest("a")}`,
    );
  });
});
