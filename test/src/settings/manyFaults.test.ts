import assert from "node:assert/strict";
import { stringify } from "yaml";
import { readStackFile } from "../../../src/settings/stackFile.ts";
import { goodAppFiles, goodSettings, makeCheckout, messageOf, publicKey, stackFile, without } from "./checkout.ts";

/** One mistake or more in every schema, and between them: all of it must come in one message. */
const settings = {
  environment: "production",
  host: { name: "Staging 1", port: 0 },
  secretStore: { path: "shop" },
  registry: { address: "https://ghcr.io/shop" },
  platform: { mode: "own", epoch: 1.5, docker: { logMaximumFile: 3 }, ingress: { image: "traefik:v3", trustedProxies: ["0.0.0.0/0"] } },
  edge: {
    zoneName: "example.com",
    records: [
      { name: "shop.example.net", type: "A", content: 7 },
      { name: "www.example.com", type: "MX" },
    ],
    firewallRules: [],
  },
  data: { healthTimeoutSeconds: "long" },
  apps: {
    shop: {
      images: { web: "web:latest", cache: "x" },
      routes: [{ name: "web", host: "shop.example.com", service: "database", port: 80 }],
      strategy: { drainSeconds: -1 },
      environment: { web: { KEY: `-----BEGIN RSA PRIVATE KEY-----\nMIIE` } },
    },
  },
};

const message = `Pulumi.staging.yaml: 30 faults
  apps.shop.environment.web.KEY: looks like a private key and must not stand in a stack file; put it into the secret store, and replace it: it has been written down
  apps.shop.images.cache: belongs to no service of apps/shop/compose.yaml; remove it
  apps.shop.images.cache: must be pinned by digest: "registry/repository:tag@sha256:<64 hex>", got "x"; run "npm run promote -- staging --app shop --digests image-digests.json"
  apps.shop.images.database: is missing: apps/shop/compose.yaml has this service; run "npm run promote -- staging --app shop --digests image-digests.json"
  apps.shop.images.web: must be pinned by digest: "registry/repository:tag@sha256:<64 hex>", got "web:latest"; run "npm run promote -- staging --app shop --digests image-digests.json"
  apps.shop.release: is missing: a reviewer must see where the images came from; run "npm run promote -- staging --app shop --digests image-digests.json"
  apps.shop.routes[0].host: has no DNS record, got "shop.example.com"; add a record of that name to edge.records
  apps.shop.routes[0].service: must be a service with role web, database has role data, got "database"; choose one of: web
  apps.shop.strategy.drainSeconds: must be from 0 to 3600, got -1; the default is 30 seconds
  apps/shop/app.yaml: smoke[0].expect.status: must be from 100 to 599, got 42; the default is 200
  apps/shop/compose.yaml: services.database.healthcheck: is missing: say how one knows that the service is healthy, such as \`test: ["CMD", "wget", "-q", "-O-", "http://127.0.0.1:8000/healthz"]\`
  apps/shop/compose.yaml: services.web.depends_on: no such service: "queue"; the file has web, database
  apps/shop/compose.yaml: services.web.labels.traefik.enable: routing is never by container labels: two colours with one router would make the ingress drop it; add a route in the stack file
  apps/shop/compose.yaml: services.web.privileged: gives the container the host; name the capability in cap_add
  apps/shop/secrets.yaml: variables.DATABASE_PASSWORD.services[1]: must be a service of apps/shop/compose.yaml, got "db"; choose from: database, web
  data.healthTimeoutSeconds: must be a whole number, got "long"; for example 180
  edge.firewallRules: must not stand here with "zone: share", got []; move it to the one stack with "zone: own"
  edge.records[0].content: must be text, got 7; for example "203.0.113.7"
  edge.records[0].name: must be inside the zone example.com, got "shop.example.net"; write the full domain name, or correct edge.zoneName
  edge.records[1].type: must be "A" or "AAAA" or "CNAME", got "MX"; choose one of them
  environment: must be the name of the stack, "staging", got "production"; correct it, and then everything else that was copied
  host.name: must be lower case letters, digits and hyphens, beginning with a letter, got "Staging 1"; for example "staging-1"
  host.port: must be from 1 to 65535, got 0; the default is 22
  platform.docker.logMaximumFile: is not a setting here, got 3; did you mean "logMaximumFiles"?
  platform.epoch: must be a whole number, got 1.5; for example 2
  platform.ingress.image: must be pinned by digest: "registry/repository:tag@sha256:<64 hex>", got "traefik:v3"; its push printed the digest, and "docker buildx imagetools inspect" shows it
  platform.ingress.trustedProxies[0]: would trust every address there is, got "0.0.0.0/0"; see docs/settings.md
  pulumi:disable-default-providers: must be ["*"], got nothing; add it below config, next to the keys that begin with "terrace:"
  registry.address: must be a host name with or without port, no scheme and no path, got "https://ghcr.io/shop"; for example "ghcr.io"
  secretStore.path: must be a folder such as "/" or "/truealpha", without a slash at its end, got "shop"; for example "/"`;

describe("faults in every schema at once", () => {
  it("come in one message, sorted by path", () => {
    const config = without(stackFile(settings)["config"] as Record<string, unknown>, "pulumi:disable-default-providers");
    const root = makeCheckout({
      ...goodAppFiles,
      "Pulumi.staging.yaml": { config },
      // Faults that only a plan shows are told with those of the files' shapes.
      "apps/shop/compose.yaml": {
        services: {
          web: {
            "x-terrace": { role: "web" },
            image: "registry.example.com/shop/web",
            healthcheck: { test: "true" },
            labels: { "traefik.enable": "true" },
            privileged: true,
            depends_on: ["queue"],
          },
          database: { "x-terrace": { role: "data" }, image: "registry.example.com/shop/database" },
        },
      },
      "apps/shop/app.yaml": { smoke: [{ name: "answers", route: "web", path: "/", expect: { status: 42 } }] },
      "apps/shop/secrets.yaml": { variables: { DATABASE_PASSWORD: { description: "Of the database", services: ["web", "db"] } } },
    });
    assert.equal(
      messageOf(() => readStackFile("staging", root)),
      message,
    );
  });
});

describe("a stack file", () => {
  it("that is absent names those that are there", () => {
    const root = makeCheckout({ "Pulumi.test.yaml": {}, "Pulumi.prod.yaml": {}, "Pulumi.yaml": {} });
    assert.equal(
      messageOf(() => readStackFile("staging", root)),
      'stack "staging": there is no Pulumi.staging.yaml; stacks here are: prod, test',
    );
  });

  it("that is empty says what belongs into it", () => {
    const root = makeCheckout({ "Pulumi.staging.yaml": "" });
    assert.deepEqual(
      messageOf(() => readStackFile("staging", root))
        .split("\n")
        .map((line) => line.split(":")[0]?.trim()),
      ["Pulumi.staging.yaml", "apps", "environment", "host", "platform", "pulumi", "registry"],
    );
  });

  it("holds no key in a namespace that nobody reads: a typing error there would remove what the key says", () => {
    const { config } = stackFile({ ...goodSettings, edge: undefined });
    const strays = { "terace:edge": {}, "app:edge": {}, edge: {}, "pulum:tags": {}, "cloudflare:apiToken": "x", stray: 1 };
    const root = makeCheckout({
      ...goodAppFiles,
      "Pulumi.staging.yaml": { config: { ...(config as object), ...strays, "pulumi:tags": {} } },
    });
    assert.equal(
      messageOf(() => readStackFile("staging", root)),
      `Pulumi.staging.yaml: 6 faults
  app:edge: is not in a namespace that is read here; did you mean "terrace:edge"?
  cloudflare:apiToken: is not in a namespace that is read here; remove it: settings begin with "terrace:", Pulumi's own with "pulumi:"
  edge: has no namespace; did you mean "terrace:edge"?
  pulum:tags: is not in a namespace that is read here; did you mean "pulumi:tags"?
  stray: has no namespace; remove it: settings begin with "terrace:", Pulumi's own with "pulumi:"
  terace:edge: is not in a namespace that is read here; did you mean "terrace:edge"?`,
    );
  });

  it("holds no value encrypted by Pulumi", () => {
    const { config } = stackFile({ environment: "staging", host: { name: "staging-1", hostKey: publicKey } });
    const root = makeCheckout({
      "Pulumi.staging.yaml": { config: { ...(config as object), "terrace:registry": { address: { secure: "v1:abc" } } } },
    });
    const lines = messageOf(() => readStackFile("staging", root)).split("\n");
    assert.deepEqual(
      lines.filter((line) => line.includes("registry")),
      ["  registry: holds a value encrypted by Pulumi, and settings hold no secrets; put the value into the secret store"],
    );
  });

  for (const file of ["Pulumi.staging.yaml", "apps/shop/compose.yaml"]) {
    it(`${file} with tabs is told once, with the lines that have them`, () => {
      const files: Record<string, unknown> = { ...goodAppFiles, "Pulumi.staging.yaml": stackFile(goodSettings) };
      const text = stringify(files[file]).split("\n");
      // Indented lines, and others below them of which the parser would complain as well.
      const tabbed = text.map((line, index) => (index === 2 || index === 4 ? line.replace(/^ +/, "\t") : line));
      const root = makeCheckout({ ...files, [file]: tabbed.join("\n") });
      assert.equal(
        messageOf(() => readStackFile("staging", root)),
        `Pulumi.staging.yaml: 1 fault\n  ${file}: is not YAML in line 3: a tab stands in the indentation (and in line 5); indent with spaces`,
      );
    });
  }

  it("with a key twice is no YAML", () => {
    const root = makeCheckout({ "Pulumi.staging.yaml": "config: {}\nconfig: {}\n" });
    assert.equal(
      messageOf(() => readStackFile("staging", root)),
      "Pulumi.staging.yaml: 1 fault\n  Pulumi.staging.yaml: is not YAML in line 2: Map keys must be unique; correct it",
    );
  });
});
