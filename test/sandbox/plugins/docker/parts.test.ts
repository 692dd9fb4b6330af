import assert from "node:assert/strict";
import { parseChallenge, tokenUrl } from "../../../../sandbox/plugins/docker/challenge.ts";
import { parseImageReference } from "../../../../sandbox/plugins/docker/imageReference.ts";
import { firstAuthorization, loginFor, registryLogins } from "../../../../sandbox/plugins/docker/registryAuth.ts";
import type { RegistryAuth } from "../../../../sandbox/plugins/docker/registryAuth.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("sandbox/plugins/docker: image references, as upstream takes them apart", () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    [`registry.terrace.test/demo/api:1.4@${digest}`, "registry.terrace.test", "demo/api", digest],
    [`registry.terrace.test:5000/api:1.4@${digest}`, "registry.terrace.test:5000", "api", digest],
    ["registry.terrace.test/demo/api:1.4", "registry.terrace.test", "demo/api", "1.4"],
    ["registry.terrace.test/demo/api", "registry.terrace.test", "demo/api", "latest"],
    ["localhost/api:1", "localhost", "api", "1"],
    [`postgres:17@${digest}`, "registry-1.docker.io", "library/postgres", digest],
    ["postgres", "registry-1.docker.io", "library/postgres", "latest"],
    ["grafana/grafana:11", "registry-1.docker.io", "grafana/grafana", "11"],
    // A first part without a dot is taken for a registry as soon as there are three parts, and a digest without a tag goes astray.
    ["one/two/three:1", "one", "two/three", "1"],
    [`registry.terrace.test/demo/api@${digest}`, "registry.terrace.test", "demo/api@sha256", "a".repeat(64)],
  ];
  for (const [name, registry, repository, manifest] of cases) {
    it(name.replace("a".repeat(64), "…"), () => assert.deepEqual(parseImageReference(name), { registry, repository, manifest }));
  }
});

describe("sandbox/plugins/docker: registryAuth", () => {
  const login = (address: string, more: Partial<RegistryAuth> = {}): RegistryAuth => ({ address, username: "u", password: "p", ...more });
  const read = (entries: readonly RegistryAuth[], environment: Readonly<Record<string, string>> = {}): unknown => [
    ...registryLogins(entries, environment),
  ];

  it("knows a registry by its host, with or without a scheme and a path", () => {
    for (const address of ["registry.terrace.test", "https://registry.terrace.test", "https://registry.terrace.test/v2/"]) {
      assert.deepEqual(read([login(address)]), [
        ["registry.terrace.test", { serverAddress: "https://registry.terrace.test", username: "u", password: "p" }],
      ]);
    }
    assert.deepEqual(read([login("http://127.0.0.1:5000/")]), [
      ["127.0.0.1:5000", { serverAddress: "http://127.0.0.1:5000", username: "u", password: "p" }],
    ]);
  });

  it("fills in what is missing from the environment, and dummies where the registry has no login", () => {
    const [[, fromEnvironment]] = read([{ address: "r.test" }], { DOCKER_REGISTRY_USER: "eu", DOCKER_REGISTRY_PASS: "ep" }) as [
      [string, unknown],
    ];
    assert.deepEqual(fromEnvironment, { serverAddress: "https://r.test", username: "eu", password: "ep" });
    const [[, disabled]] = read([{ address: "r.test", authDisabled: true }]) as [[string, unknown]];
    assert.deepEqual(disabled, { serverAddress: "https://r.test", username: "username", password: "password" });
  });

  it("refuses what it does not know, without the password", () => {
    assert.throws(
      () => read([{ address: "r.test", password: "hush" }]),
      (error: Error) => /^registryAuth\[0\]\.username: must be given for r\.test/.test(error.message) && !error.message.includes("hush"),
    );
    assert.throws(
      () => read([login("r.test"), login("1.dkr.ecr.eu-west-1.amazonaws.com")]),
      /^Error: registryAuth\[1\]\.address: Amazon's registries/,
    );
  });

  it("finds Docker Hub under any of its names and asks unknown registries without credentials", () => {
    const logins = registryLogins([login("docker.io"), login("r.test")], {});
    assert.equal(loginFor("registry-1.docker.io", logins).serverAddress, "https://docker.io");
    assert.equal(loginFor("r.test", logins).username, "u");
    assert.deepEqual(loginFor("other.test", logins), { serverAddress: "https://other.test", username: "", password: "" });
  });

  it("begins with Basic, except where the password is a bearer token", () => {
    const login = { serverAddress: "", username: "ü", password: "p:q" };
    assert.equal(firstAuthorization("r.test", login), `Basic ${Buffer.from("ü:p:q").toString("base64")}`);
    for (const registry of ["ghcr.io", "gcr.io", "mine.azurecr.io"])
      assert.equal(firstAuthorization(registry, login), `Bearer ${Buffer.from("p:q").toString("base64")}`);
    assert.equal(firstAuthorization("r.test", { ...login, username: "" }), undefined);
  });
});

describe("sandbox/plugins/docker: bearer challenges", () => {
  it("are read with their parts in any order", () => {
    assert.deepEqual(
      parseChallenge('Bearer service="registry.docker.io",realm="https://auth.test/token",scope="repository:a/b:pull,push"'),
      {
        realm: "https://auth.test/token",
        service: "registry.docker.io",
        scope: "repository:a/b:pull,push",
      },
    );
  });

  for (const header of [undefined, "", 'Basic realm="registry"', "Bearer", 'Bearer service="x"']) {
    it(`are none in ${JSON.stringify(header)}`, () => assert.equal(parseChallenge(header), null));
  }

  it("ask for a token with the scope that the registry names, else for pulling and pushing", () => {
    const challenge = { realm: "https://auth.test/token", service: "s", scope: "" };
    assert.equal(tokenUrl(challenge, "a/b").href, "https://auth.test/token?scope=repository%3Aa%2Fb%3Apush%2Cpull&service=s");
    assert.equal(tokenUrl({ ...challenge, scope: "x y" }, "a/b").href, "https://auth.test/token?scope=x+y&service=s");
  });
});
