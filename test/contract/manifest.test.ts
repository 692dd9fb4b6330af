import assert from "node:assert/strict";
import { Manifest, releaseId, releaseName } from "../../contract/index.ts";
import { digestOf, exampleManifest } from "./fixtures.ts";

type Change = (manifest: ReturnType<typeof exampleManifest>) => unknown;

const api = "release.runtime.document.services.api";
const inApi =
  (fields: object): Change =>
  (manifest) =>
    void Object.assign(manifest.release.runtime.document.services["api"]!, fields);

describe("manifest", () => {
  it("accepts the example and gives it back unchanged", () => {
    assert.deepEqual(Manifest.parse(exampleManifest()), exampleManifest());
  });

  it("accepts what is just within the rules", () => {
    const manifest = exampleManifest();
    const limits = { nofile: { soft: 1, hard: -1 }, core: { soft: -1, hard: -1 }, nproc: { soft: 5, hard: 5 } };
    const volumes = ["/a", "/a/b", "/ab"].map((target) => ({ type: "tmpfs", target, tmpfs: { mode: 0 } }));
    inApi({ stop_signal: "SIGQUIT", stop_grace_period: "23h59m60s", ulimits: limits, volumes })(manifest);
    manifest.provenance.requestedBy = "Zoë Ñandú <z@example.com>";
    assert.deepEqual(Manifest.parse(manifest), manifest);
  });

  type Case = [string, Change, string, RegExp];
  const refused: readonly Case[] = [
    ["another instance name", (m) => ({ ...m, instance: "shop-prod" }), "instance", /must be "shop-staging", got "shop-prod"/],
    [
      "a route to a worker",
      (m) => (m.release.routes[0]!.service = "worker"),
      "release.routes.0.service",
      /must be a web service, got "worker"/,
    ],
    ["two routes of one name", (m) => m.release.routes.push({ ...m.release.routes[0]! }), "release.routes.1.name", /is used twice: "api"/],
    [
      "an echo on no route",
      (m) => (m.release.checks.releaseEcho = { route: "nope", path: "/" }),
      "release.checks.releaseEcho.route",
      /no such route: "nope"/,
    ],
    ["secrets without a set", (m) => (m.release.secrets = null), "release.secrets", /no set is named/],
    [
      "a service without a plan",
      (m) => delete m.release.services["worker"],
      "release.services.worker",
      /is in the document but has no plan/,
    ],
    ["an unknown key", (m) => ({ ...m, privileged: true }), "", /Unrecognized key: "privileged"/],
    [
      "a host port",
      (m) => Object.assign(m.release.runtime.document.services["api"]!, { ports: ["80:80"] }),
      "release.runtime.document.services.api",
      /Unrecognized key: "ports"/,
    ],
    ...["/etc", "config/../../../../../..", "config/..", "config/a/../../b", "config/./a", "config/"].map((source): Case => [
      `a bind of ${source}`,
      (m) => (m.release.runtime.document.services["api"]!.volumes = [{ type: "bind", source, target: "/x", read_only: true }]),
      "release.runtime.document.services.api.volumes.0.source",
      /must be a path below config\//,
    ]),
    ...Object.entries({ version: "1.0\nforged", requestedBy: "\u001b[2Kann", run: "a\u0085b" }).map(([field, value]): Case => [
      `control characters in ${field}`,
      (m) => Object.assign(m.provenance, { [field]: value }),
      `provenance.${field}`,
      /must be one line without control characters/,
    ]),
    ["a signal that is none", inApi({ stop_signal: "SIGNOPE" }), `${api}.stop_signal`, /must be one of SIGHUP, SIGINT, /],
    ["a grace of years", inApi({ stop_grace_period: "9999999999h" }), `${api}.stop_grace_period`, /must be at most 24h/],
    ["a grace of a day and a second", inApi({ stop_grace_period: "23h59m61s" }), `${api}.stop_grace_period`, /must be at most 24h/],
    ["a limit upside down", inApi({ ulimits: { nofile: { soft: 2, hard: 1 } } }), `${api}.ulimits.nofile`, /soft must be at most hard/],
    ["no soft limit below a hard one", inApi({ ulimits: { nofile: { soft: -1, hard: 1 } } }), `${api}.ulimits.nofile`, /soft must be/],
    ["a limit that is none", inApi({ ulimits: { files: { soft: 1, hard: 1 } } }), `${api}.ulimits.files`, /is no limit; there are: core, /],
    ...["/", "//", "/a/../b", "/a//b", "a", "/./a"].map((target): Case => [
      `a mount on ${target}`,
      inApi({ volumes: [{ type: "tmpfs", target, tmpfs: { mode: 0 } }] }),
      `${api}.volumes.0.target`,
      /must be an absolute path below \/, without \/\/, \. and \.\., got /,
    ]),
    [
      "two mounts in one place",
      inApi({ volumes: ["/a", "/b", "/a/"].map((target) => ({ type: "tmpfs", target, tmpfs: { mode: 0 } })) }),
      `${api}.volumes.2.target`,
      /is the target of another mount too, got "\/a\/"/,
    ],
    ["a kind of runtime it does not know", (m) => Object.assign(m.release.runtime, { kind: "swarm" }), "release.runtime.kind", /Invalid/],
  ];
  for (const [name, change, path, message] of refused) {
    it(`refuses ${name}`, () => {
      const manifest = exampleManifest();
      const result = change(manifest);
      const changed = typeof result === "object" && result !== null && "instance" in result ? result : manifest;
      const issues = Manifest.safeParse(changed).error?.issues ?? [];
      const issue = issues.find((candidate) => candidate.path.join(".") === path);
      assert.ok(issue, `no fault at ${path}: ${JSON.stringify(issues)}`);
      assert.match(issue.message, message);
    });
  }
});

describe("release id", () => {
  const id = releaseId(exampleManifest());

  it("is a known value for the example, so that a change of its meaning is seen", () => {
    assert.equal(id, "88a6afe78b3152a0d0270975efcd76a28edfe3bd213ea35b1a8f05ec10c6cbfd");
  });

  const same: readonly [string, Change][] = [
    ["provenance", (m) => (m.provenance.commit = "fffffff")],
    ["owner", (m) => (m.owner.project = "other")],
  ];
  for (const [name, change] of same) {
    it(`does not depend on ${name}`, () => {
      const manifest = exampleManifest();
      change(manifest);
      assert.equal(releaseId(manifest), id);
    });
  }

  const different: readonly [string, Change][] = [
    ["digests", (m) => (m.release.runtime.document.services["api"]!.image = `registry.example.com/shop/api:1.4.2@${digestOf("c")}`)],
    ["the secret fingerprint", (m) => (m.release.secrets = "e".repeat(64))],
    ["routes", (m) => (m.release.routes[0]!.port = 8001)],
    ["config files", (m) => (m.release.config["app.ini"] = "x")],
    ["the instance", (m) => (m.instance = "shop-prod")],
    ["checks", (m) => (m.release.checks.releaseEcho = null)],
  ];
  for (const [name, change] of different) {
    it(`depends on ${name}`, () => {
      const manifest = exampleManifest();
      change(manifest);
      assert.notEqual(releaseId(manifest), id);
    });
  }
});

describe("release name", () => {
  it("holds the commit and the second", () => {
    assert.equal(releaseName("0a1b2c3", new Date("2026-11-21T09:08:07.654Z")), "sha-0a1b2c3__20261121T090807Z");
  });
});
