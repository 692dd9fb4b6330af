import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { loadSettings } from "../../../src/settings/program.ts";
import { readDeclaredStackFile, readHostSettings, readStackFile, stackNames } from "../../../src/settings/stackFile.ts";
import { UserError } from "../../../src/settings/userError.ts";
import { goodAppFiles, goodSettings, makeCheckout, messageOf, reference, stackFile, without } from "./checkout.ts";

const root = makeCheckout({ "Pulumi.staging.yaml": stackFile(goodSettings), ...goodAppFiles });

/** What the engine hands to a program: JSON for what is not plain text. */
function engineConfig(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(settings).map(([key, value]) => [
    `terrace:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { "pulumi:disable-default-providers": '["*"]', ...(Object.fromEntries(texts) as Record<string, string>) };
}

describe("settings", () => {
  const settings = readStackFile("staging", root);

  it("have their defaults filled in", () => {
    assert.deepEqual(settings, {
      project: "terrace",
      environment: "staging",
      host: { ...goodSettings.host, port: 22 },
      secretStore: { path: "/", epoch: 1 },
      registry: { address: "registry.example.com" },
      platform: {
        mode: "own",
        epoch: 1,
        maintenance: false,
        docker: { logMaximumSize: "10m", logMaximumFiles: 5, concurrentDownloads: 6 },
        ingress: { image: reference("traefik"), trustedProxies: [], minimumTlsVersion: "1.2" },
        environments: {},
        operators: [],
      },
      edge: { zone: "share", zoneName: "example.com", records: [{ name: "shop.example.com", type: "A", proxied: true, ttl: 1 }] },
      data: { epoch: 1, healthTimeoutSeconds: 180 },
      apps: {
        shop: {
          epoch: 1,
          secretsEpoch: 1,
          images: { web: reference("web"), database: reference("database") },
          release: goodSettings.apps.shop.release,
          routes: [{ name: "web", host: "shop.example.com", service: "web", port: 8080, pathPrefix: "/" }],
          strategy: { healthTimeoutSeconds: 120, settleSeconds: 15, drainSeconds: 30 },
          environment: {},
          files: {
            directory: `${root}/apps/shop`,
            roles: { web: "web", database: "data" },
            app: {
              releaseEcho: { route: "web", path: "/release" },
              smoke: [
                {
                  name: "answers",
                  route: "web",
                  method: "GET",
                  path: "/",
                  headers: {},
                  body: null,
                  expect: { status: 200, contains: null, json: {} },
                  timeoutSeconds: 10,
                },
              ],
            },
            secrets: {
              variables: {
                DATABASE_PASSWORD: {
                  description: "Of the database",
                  path: "/",
                  services: ["web", "database"],
                  deliver: "env",
                  validate: { kind: "text", minimumLength: 1, literal: false },
                  onRollback: "latest",
                },
              },
            },
          },
        },
      },
    });
  });

  it("are frozen to the bottom", () => {
    assert.throws(() => {
      (settings.host as { port: number }).port = 23;
    }, TypeError);
    assert.throws(() => {
      (settings.apps["shop"]?.files.app.smoke as unknown[]).push(1);
    }, TypeError);
  });

  it("are the same for the program and the command line", async () => {
    await pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) }, "terrace", "staging");
    pulumi.runtime.setAllConfig(engineConfig(goodSettings));
    assert.deepEqual(loadSettings(root), settings);
  });

  it("have the same faults for the program and the command line", async () => {
    const bad = { ...goodSettings, host: { name: "x", port: 0 }, surplus: 1, environment: "prod" };
    const other = makeCheckout({ "Pulumi.staging.yaml": stackFile(bad), ...goodAppFiles });
    await pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) }, "terrace", "staging");
    pulumi.runtime.setAllConfig(engineConfig(bad));
    const message = messageOf(() => loadSettings(other));
    assert.equal(
      message,
      messageOf(() => readStackFile("staging", other)),
    );
    assert.equal(message.split("\n").length, 4);
  });

  it("without a default provider switched off are refused in the program too", () => {
    pulumi.runtime.setAllConfig(without(engineConfig(goodSettings), "pulumi:disable-default-providers"));
    assert.match(
      messageOf(() => loadSettings(root)),
      /^Pulumi.staging.yaml: 1 fault\n {2}pulumi:disable-default-providers: must be \["\*"\], got nothing;/,
    );
  });

  it("in a namespace that nobody reads are refused in the program too", () => {
    pulumi.runtime.setAllConfig({ ...engineConfig(without(goodSettings, "edge")), "terace:edge": "{}" });
    assert.equal(
      messageOf(() => loadSettings(root)),
      'Pulumi.staging.yaml: 1 fault\n  terace:edge: is not in a namespace that is read here; did you mean "terrace:edge"?',
    );
  });

  it("encrypted by Pulumi are refused in the program too", () => {
    pulumi.runtime.setAllConfig(engineConfig(goodSettings));
    process.env["PULUMI_CONFIG_SECRET_KEYS"] = '["terrace:apps"]';
    try {
      assert.equal(
        messageOf(() => loadSettings(root)),
        "Pulumi.staging.yaml: 1 fault\n  apps: holds a value encrypted by Pulumi, and settings hold no secrets; put the value into the secret store",
      );
    } finally {
      delete process.env["PULUMI_CONFIG_SECRET_KEYS"];
    }
  });
});

describe("parts of settings", () => {
  const noImages = { ...goodSettings, apps: { shop: { ...goodSettings.apps.shop, images: "fromBuild", release: undefined } } };

  it("are to be had before there are images", () => {
    const other = makeCheckout({ "Pulumi.staging.yaml": stackFile(noImages), ...goodAppFiles });
    assert.equal(readDeclaredStackFile("staging", other).apps["shop"]?.images, "fromBuild");
  });

  it("say where the host is, whatever else is wrong", () => {
    const other = makeCheckout({ "Pulumi.staging.yaml": stackFile({ host: goodSettings.host, apps: 7 }) });
    assert.deepEqual(readHostSettings("staging", other), { ...goodSettings.host, port: 22 });
    const third = makeCheckout({ "Pulumi.staging.yaml": stackFile({ host: { name: 7 } }) });
    assert.equal(
      messageOf(() => readHostSettings("staging", third)),
      'Pulumi.staging.yaml: 1 fault\n  host.name: must be text, got 7; for example "staging-1"',
    );
  });
});

describe("the stack files of this checkout", () => {
  it("are staging, test and prod", () => assert.deepEqual(stackNames(), ["prod", "staging", "test"]));

  for (const stack of stackNames()) {
    it(`${stack} has no fault`, () => assert.equal(readDeclaredStackFile(stack).environment, stack));
  }

  it("share a zone that exactly one of them owns", () => {
    const zones = stackNames().map((stack) => readDeclaredStackFile(stack).edge);
    assert.deepEqual(new Set(zones.map((edge) => edge?.zoneName)), new Set(["truealpha.test"]));
    assert.deepEqual(
      zones.map((edge) => edge?.zone),
      ["own", "share", "share"],
    );
  });
});

describe("an error for people", () => {
  it("shows Pulumi no stack", () => assert.equal(pulumi.RunError.isInstance(new UserError("x")), true));
});
