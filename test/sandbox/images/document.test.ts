import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { imageDocuments, type ImageConfig, type LayerReference } from "../../../sandbox/images/document.ts";

const layers: readonly LayerReference[] = [
  { title: "below", digest: `sha256:${"a".repeat(64)}`, diffId: `sha256:${"b".repeat(64)}`, size: 10 },
  { title: "above", digest: `sha256:${"c".repeat(64)}`, diffId: `sha256:${"d".repeat(64)}`, size: 20 },
];
const identity = { repository: "truealpha/api", tag: "v1", epochSeconds: 1_767_225_600, architecture: "amd64" } as const;
const config: ImageConfig = {
  description: "an API",
  user: "1000:1000",
  environment: { NODE_ENV: "production" },
  entrypoint: ["/bin/api"],
  command: ["serve"],
  workingDirectory: "/app",
  ports: ["8080/tcp"],
  volumes: ["/data"],
  stopSignal: "SIGINT",
  health: { command: ["/bin/ok"], intervalSeconds: 5, timeoutSeconds: 2, retries: 3, startPeriodSeconds: 20, startIntervalSeconds: 0.5 },
};

describe("image documents", () => {
  it("say everything that Docker reads", () => {
    const documents = imageDocuments(identity, config, layers);
    assert.deepEqual(JSON.parse(documents.config), {
      architecture: "amd64",
      os: "linux",
      created: "2026-01-01T00:00:00.000Z",
      config: {
        User: "1000:1000",
        ExposedPorts: { "8080/tcp": {} },
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "NODE_ENV=production"],
        Entrypoint: ["/bin/api"],
        Cmd: ["serve"],
        Healthcheck: {
          Test: ["CMD", "/bin/ok"],
          Interval: 5_000_000_000,
          Timeout: 2_000_000_000,
          StartPeriod: 20_000_000_000,
          StartInterval: 500_000_000,
          Retries: 3,
        },
        Volumes: { "/data": {} },
        WorkingDir: "/app",
        StopSignal: "SIGINT",
        Labels: {
          "org.opencontainers.image.title": "truealpha/api",
          "org.opencontainers.image.version": "v1",
          "org.opencontainers.image.description": "an API",
        },
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${"b".repeat(64)}`, `sha256:${"d".repeat(64)}`] },
      history: [
        { created: "2026-01-01T00:00:00.000Z", created_by: "terrace sandbox/images: below" },
        { created: "2026-01-01T00:00:00.000Z", created_by: "terrace sandbox/images: above" },
      ],
    });
    assert.deepEqual(JSON.parse(documents.manifest), {
      schemaVersion: 2,
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
      config: {
        mediaType: "application/vnd.docker.container.image.v1+json",
        size: Buffer.byteLength(documents.config),
        digest: `sha256:${createHash("sha256").update(documents.config).digest("hex")}`,
      },
      layers: [
        { mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip", size: 10, digest: `sha256:${"a".repeat(64)}` },
        { mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip", size: 20, digest: `sha256:${"c".repeat(64)}` },
      ],
    });
    assert.equal(documents.digest, `sha256:${createHash("sha256").update(documents.manifest).digest("hex")}`);
  });

  it("leave out what is not given", () => {
    const { description, entrypoint, health } = config;
    const documents = imageDocuments(identity, { description, entrypoint, health }, layers);
    const written = (JSON.parse(documents.config) as { config: object }).config;
    assert.deepEqual(Object.keys(written).sort(), ["Entrypoint", "Env", "Healthcheck", "Labels"]);
  });

  it("have one digest for one image and another for any difference", () => {
    const digest = imageDocuments(identity, config, layers).digest;
    assert.equal(imageDocuments({ ...identity }, { ...config }, [...layers]).digest, digest);
    const others = [
      imageDocuments({ ...identity, tag: "v2" }, config, layers),
      imageDocuments(identity, { ...config, user: "0:0" }, layers),
      imageDocuments(identity, config, [...layers].reverse()),
    ];
    assert.equal(new Set([digest, ...others.map((other) => other.digest)]).size, 4);
  });
});
