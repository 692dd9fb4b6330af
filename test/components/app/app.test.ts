import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { App, type AppArgs, InstanceSecrets, planApp } from "../../../components/app/index.ts";
import { judgeLookup, type LookupVerdict } from "../../../components/app/judgeLookup.ts";
import { lookupReference } from "../../../components/app/lookupAddress.ts";
import { Data } from "../../../components/data/index.ts";
import { canonicalJson, DataRequest, releaseId, RolloutRequest } from "../../../contract/index.ts";
import { connection, connectionInputs } from "../shared/connection.ts";
import { registrations, secret } from "../shared/mocks.ts";
import { shop } from "./shop.ts";

const planned = planApp(shop());
assert.equal(planned.kind, "ready");
const identity = { app: "shop", environment: "staging", instance: "shop-staging", owner: { project: "terrace", stack: "staging" } };
const args: Omit<AppArgs, "connection"> = {
  ...identity,
  provenance: { version: "1.4.2", commit: "0a1b2c3", requestedBy: "ada", run: "local" },
  release: planned.release,
  epoch: 3,
  fingerprint: "f".repeat(64),
};

describe("app", () => {
  it("is one request, plain, known, and taken back by its own text", async () => {
    let app: App | undefined;
    const made = await registrations(() => {
      app = new App("shop", { ...args, connection: connection() });
    });
    assert.deepEqual(
      made.map(({ type, name }) => [type, name]),
      [
        ["terrace:app:App", "shop"],
        ["command:remote:Command", "shop-rollout"],
      ],
    );
    const stdin = String(made[1]?.inputs["stdin"]);
    assert.deepEqual(made[1]?.inputs, {
      connection: secret(connectionInputs()),
      create: "sudo -n /opt/terrace/bin/terrace-rollout",
      delete: "sudo -n /opt/terrace/bin/terrace-retire",
      stdin,
      logging: "stderr",
      addPreviousOutputInEnv: false,
    });
    const request = RolloutRequest.parse(JSON.parse(stdin));
    assert.equal(canonicalJson(request), stdin);
    assert.equal(request.epoch, 3);
    assert.equal(request.manifest.release.secrets, "f".repeat(64));
    assert.equal(app?.releaseId, releaseId(request.manifest));
  });

  it("fails before anything is registered when the host would refuse the manifest", async () => {
    const made = await registrations(() => {
      assert.throws(() => new App("shop", { ...args, fingerprint: null, connection: connection() }), /no set is named/);
    });
    assert.equal(
      made.some(({ type }) => type.startsWith("command:")),
      false,
    );
  });
});

describe("secrets of an instance", () => {
  it("are secret in every way, and stay when the stack goes", async () => {
    const made = await registrations(() => {
      new InstanceSecrets("shop-secrets", { connection: connection(), request: pulumi.secret("{}") });
    });
    assert.deepEqual(made[1]?.inputs, {
      connection: secret(connectionInputs()),
      create: "sudo -n /opt/terrace/bin/terrace-secrets",
      stdin: secret("{}"),
      logging: "none",
      addPreviousOutputInEnv: false,
    });
  });
});

describe("data", () => {
  it("is one request of its own", async () => {
    const made = await registrations(() => {
      const settings = { epoch: 1, healthTimeoutSeconds: 180 };
      new Data("shop-data", { ...identity, connection: connection(), plan: planned.data, settings, fingerprint: "d".repeat(64) });
    });
    const request = DataRequest.parse(JSON.parse(String(made[1]?.inputs["stdin"])));
    assert.deepEqual(request.volumes, ["database", "uploads"]);
    assert.equal(request.secrets, "d".repeat(64));
    assert.equal(made[1]?.inputs["create"], "sudo -n /opt/terrace/bin/terrace-data");
    assert.equal(made[1].inputs["delete"], "sudo -n /opt/terrace/bin/terrace-retire-data");
  });
});

describe("the registry that is asked for an image", () => {
  const at = `:1.4.2@sha256:${"a".repeat(64)}`;
  it("is the one of its name", () => assert.equal(lookupReference(`ghcr.io/shop/api${at}`), `ghcr.io/shop/api${at}`));
  it("is Docker Hub's own host for docker.io, where a web site listens", () =>
    assert.equal(lookupReference(`docker.io/library/postgres${at}`), `registry-1.docker.io/library/postgres${at}`));
});

describe("a failed look-up in the registry", () => {
  const cases: readonly [string, LookupVerdict["kind"], RegExp][] = [
    ["Got bad response from registry: 404 Not Found", "absent", /^the registry has no shop@x; push it again, or promote a build/],
    ["manifest unknown", "absent", /^the registry has no/],
    ["Got bad response from registry: 401 Unauthorized", "unknown", /^refused the credentials: check REGISTRY_USERNAME/],
    ["Got bad response from registry: 503 Service Unavailable", "unknown", /^could not be asked: .* 503/],
    ["dial tcp 192.0.2.9:443: connect: connection refused", "unknown", /^could not be asked/],
    ["429 Too Many Requests", "unknown", /^could not be asked/],
    ["dial tcp 192.0.2.9:4040: i/o timeout", "unknown", /^could not be asked/],
    ["error with shop@x: no", "unknown", /^could not be asked: error with an image: no$/],
  ];
  for (const [failure, kind, words] of cases) {
    it(failure, () => {
      const verdict = judgeLookup("shop@x", failure);
      assert.equal(verdict.kind, kind);
      assert.match(verdict.kind === "absent" ? verdict.message : verdict.why, words);
    });
  }

  const build404 = `registry.example.com/shop/api:1.0.404@sha256:${"a".repeat(64)}`;
  for (const image of [build404, "shop/api:1.0.404", build404.slice(build404.indexOf("shop"))]) {
    it(`of ${image.slice(0, 40)} that says nothing of it: the number is the build's own`, () =>
      assert.equal(
        judgeLookup(build404, `Got error when attempting to fetch image version ${image} from registry: 503 Service Unavailable`).kind,
        "unknown",
      ));
    it(`of ${image.slice(0, 40)} that says it is absent`, () =>
      assert.equal(
        judgeLookup(build404, `Got error when attempting to fetch image version ${image} from registry: 404 Not Found`).kind,
        "absent",
      ));
  }
});
