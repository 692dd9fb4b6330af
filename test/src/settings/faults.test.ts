import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { readStackFile } from "../../../src/settings/stackFile.ts";
import {
  type CheckoutFiles,
  digest,
  goodAppFiles,
  goodSettings,
  makeCheckout,
  messageOf,
  publicKey,
  reference,
  stackFile,
  without,
} from "./checkout.ts";

/** Puts a value at a path into a copy; `undefined` removes. */
function changed(value: unknown, path: string, to: unknown): Record<string, unknown> {
  const copy = structuredClone(value) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at: Record<string, unknown> = copy;
  for (const key of keys) at = (at[key] ??= {}) as Record<string, unknown>;
  if (to === undefined) Reflect.deleteProperty(at, last);
  else at[last] = to;
  return copy;
}

function faultsOf(settings: Readonly<Record<string, unknown>>, files: CheckoutFiles = {}): readonly string[] {
  const root = makeCheckout({ "Pulumi.staging.yaml": stackFile(settings), ...goodAppFiles, ...files });
  const [head, ...lines] = messageOf(() => readStackFile("staging", root)).split("\n");
  assert.equal(head, `Pulumi.staging.yaml: ${lines.length} ${lines.length === 1 ? "fault" : "faults"}`);
  return lines.map((line) => line.slice(2));
}

const route = goodSettings.apps.shop.routes[0];
const record = goodSettings.edge.records[0];
const compose = goodAppFiles["apps/shop/compose.yaml"];
const secrets = (variable: Record<string, unknown>): CheckoutFiles => ({
  "apps/shop/secrets.yaml": { variables: { TOKEN: { description: "Some token", services: ["web"], ...variable } } },
});

/** What was changed, to what, and the one fault that must come of it. */
const cases: readonly (readonly [string, unknown, string])[] = [
  // shapes
  ["environment", undefined, 'environment: is missing; add it, for example "staging"'],
  [
    "environment",
    "Staging",
    'environment: must be lower case letters, digits and single hyphens, beginning with a letter, at most 16 characters, got "Staging"; for example "staging"',
  ],
  [
    "colour",
    "blue",
    'colour: is not a setting here, got "blue"; remove it; known here: environment, host, secretStore, registry, platform, edge, data, apps',
  ],
  ["host.adress", "203.0.113.7", 'host.adress: is not a setting here, got "203.0.113.7"; did you mean "address"?'],
  [
    "host.address",
    "https://203.0.113.7",
    'host.address: must be an IP address or a full domain name, without scheme, user or port, got "https://203.0.113.7"; for example "203.0.113.7"',
  ],
  ["host.port", "22", 'host.port: must be a whole number, got "22"; for example 22'],
  ["host.port", 70_000, "host.port: must be from 1 to 65535, got 70000; the default is 22"],
  [
    "host.hostKey",
    "ssh-rsa AAAA",
    'host.hostKey: must be an ed25519 public key: ssh-ed25519 AAAA… comment, got "ssh-rsa AAAA"; for example ' + JSON.stringify(publicKey),
  ],
  [
    "secretStore.siteUrl",
    "http://infisical.example.com",
    'secretStore.siteUrl: must be an https URL without credentials and query, such as https://app.infisical.com, got "http://infisical.example.com"; for example "https://eu.infisical.com"',
  ],
  [
    "secretStore.path",
    "/shop/",
    'secretStore.path: must be a folder such as "/" or "/truealpha", without a slash at its end, got "/shop/"; for example "/"',
  ],
  [
    "registry.address",
    "https://ghcr.io",
    'registry.address: must be a host name with or without port, no scheme and no path, got "https://ghcr.io"; for example "ghcr.io"',
  ],
  ["registry.authority", "CERTIFICATE", 'registry.authority: must be one CA certificate in PEM, got "CERTIFICATE"; see docs/settings.md'],
  ["platform.mode", "borrow", 'platform.mode: must be "own" or "reuse", got "borrow"; choose one of them'],
  ["platform.maintenance", "yes please", 'platform.maintenance: must be true or false, got "yes please"; for example true'],
  [
    "platform.ingress.image",
    "traefik:v3",
    'platform.ingress.image: must be pinned by digest: "registry/repository:tag@sha256:<64 hex>", got "traefik:v3"; its push printed the digest, and "docker buildx imagetools inspect" shows it',
  ],
  [
    "platform.ingress.trustedProxies",
    ["10.0.0.0"],
    'platform.ingress.trustedProxies[0]: must end with a prefix length from /0 to /32, got "10.0.0.0"; see docs/settings.md',
  ],
  [
    "platform.ingress.trustedProxies",
    ["::/0"],
    'platform.ingress.trustedProxies[0]: would trust every address there is, got "::/0"; see docs/settings.md',
  ],
  [
    "platform.ingress.trustedProxies",
    ["cloudflare"],
    'platform.ingress.trustedProxies[0]: must be a network in CIDR notation, such as "173.245.48.0/20", got "cloudflare"; see docs/settings.md',
  ],
  ["platform.epoch", 0, "platform.epoch: must be from 1 to 1000000, got 0; the default is 1"],
  ["edge.records", [], "edge.records: must have at least 1 entries, got []; see docs/settings.md"],
  ["edge.zone", "steal", 'edge.zone: must be "own" or "share", got "steal"; choose one of them'],
  ["data.healthTimeoutSeconds", 0, "data.healthTimeoutSeconds: must be from 1 to 3600, got 0; the default is 180 seconds"],
  ["apps", {}, "apps: needs at least one app, got {}; see docs/settings.md"],
  [
    "apps.Shop",
    goodSettings.apps.shop,
    'apps.Shop: the name must be lower case letters, digits and single hyphens, beginning with a letter, at most 24 characters, got "Shop"; choose another name',
  ],
  ["apps.shop.images", undefined, 'apps.shop.images: is missing; run "npm run promote -- staging --app shop --digests image-digests.json"'],
  ["apps.shop.images", "latest", 'apps.shop.images: must be "fromBuild" or a mapping, got "latest"; for example "fromBuild"'],
  [
    "apps.shop.images.web",
    "registry.example.com/shop/web:1.2.0",
    'apps.shop.images.web: must be pinned by digest: "registry/repository:tag@sha256:<64 hex>", got "registry.example.com/shop/web:1.2.0"; run "npm run promote -- staging --app shop --digests image-digests.json"',
  ],
  [
    "apps.shop.images.web",
    `registry.example.com/shop/web@${digest}`,
    `apps.shop.images.web: needs the tag beside the digest, "registry/repository:tag@sha256:…": the tag tells people which build it is, got "registry.example.com/shop/web@sha256:${"a".repeat(39)}…; run "npm run promote -- staging --app shop --digests image-digests.json"`,
  ],
  [
    "apps.shop.release.commit",
    "HEAD",
    'apps.shop.release.commit: must be 7 to 40 lower case hexadecimal digits, got "HEAD"; for example "9f2c41d"',
  ],
  ["apps.shop.strategy.settleSeconds", 61, "apps.shop.strategy.settleSeconds: must be from 0 to 60, got 61; the default is 15 seconds"],
  ["apps.shop.routes.0.port", undefined, "apps.shop.routes[0].port: is missing; add it, for example 8000"],
  [
    "apps.shop.environment",
    { web: { "NOT-A-NAME": "1" } },
    'apps.shop.environment.web.NOT-A-NAME: the name must be letters, digits and underscores, not beginning with a digit, at most 128 characters, got "NOT-A-NAME"; choose another name',
  ],
  // between fields
  [
    "environment",
    "prod",
    'environment: must be the name of the stack, "staging", got "prod"; correct it, and then everything else that was copied',
  ],
  [
    "platform.environments",
    { staging: { publicKey } },
    "platform.environments.staging: is this stack's own environment, which is implied; remove it",
  ],
  [
    "platform.environments",
    Object.fromEntries(["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => [name, { publicKey }])),
    'platform.environments: must name at most seven other environments, got {"a":{"publicKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFuIGV4YW1wbGUsIGFuZC…; see docs/settings.md',
  ],
  [
    "platform.operators",
    [{ name: "deploy-me", publicKeys: [publicKey] }],
    'platform.operators[0].name: is a login of the system or of the platform, got "deploy-me"; choose another login name',
  ],
  [
    "platform.operators",
    [{ name: "backup", publicKeys: [publicKey] }],
    'platform.operators[0].name: is a login of the system or of the platform, got "backup"; choose another login name',
  ],
  [
    "platform.operators",
    [0, 1].map(() => ({ name: "alice", publicKeys: [publicKey] })),
    'platform.operators[1].name: is that of platform.operators[0] too: "alice"; put all keys of a person into one entry',
  ],
  [
    "platform",
    { mode: "reuse", maintenance: true },
    "platform.maintenance: is not a setting here, got true; move it to the stack whose platform.mode is own",
  ],
  [
    "edge.records",
    [record, { name: "shop.example.net", type: "A" }],
    'edge.records[1].name: must be inside the zone example.com, got "shop.example.net"; write the full domain name, or correct edge.zoneName',
  ],
  [
    "edge.records",
    [record, record],
    'edge.records[1].name: clashes with edge.records[0]: one A record per name, and no other beside a CNAME, got "shop.example.com"; remove one of the two',
  ],
  [
    "edge.records",
    [record, { ...record, type: "CNAME", content: "a.example.com" }],
    'edge.records[1].name: clashes with edge.records[0]: one CNAME record per name, and no other beside a CNAME, got "shop.example.com"; remove one of the two',
  ],
  [
    "edge.records",
    [{ ...record, ttl: 300 }],
    'edge.records[0].ttl: must be 1 (automatic) on a proxied record, got 300; remove it, or say "proxied: false"',
  ],
  [
    "edge.records",
    [{ ...record, content: "2001:db8::1" }],
    'edge.records[0].content: must be an IPv4 address for type A, got "2001:db8::1"; correct the address or the type',
  ],
  [
    "edge.records",
    [{ ...record, type: "AAAA" }],
    'edge.records[0].content: is missing, and host.address, which it would take, is no IPv6 address: "203.0.113.7"; add an IPv6 address, or change the type',
  ],
  [
    "host.address",
    "server.example.com",
    'edge.records[0].content: is missing, and host.address, which it would take, is a name: "server.example.com"; add an IPv4 address, or change the type',
  ],
  [
    "edge.records",
    [record, { name: "www.example.com", type: "CNAME" }],
    "edge.records[1].content: is missing: a CNAME points at a name; add the full domain name it points at",
  ],
  [
    "edge.records",
    [record, { name: "www.example.com", type: "CNAME", content: "203.0.113.7" }],
    'edge.records[1].content: must be a full domain name, got "203.0.113.7"; write the name the record points at',
  ],
  [
    "edge.records",
    [record, { name: "www.example.com", type: "CNAME", content: "www.example.com" }],
    'edge.records[1].content: is the record\'s own name: "www.example.com"; write the name the record points at',
  ],
  [
    "edge.zone",
    "own",
    'edge.zoneSettings: is missing: a stack with "zone: own" says how the zone speaks TLS; add "zoneSettings: {}" for the defaults',
  ],
  [
    "edge.zoneSettings",
    { ssl: "strict" },
    'edge.zoneSettings: must not stand here with "zone: share", got {"ssl":"strict"}; move it to the one stack with "zone: own"',
  ],
  [
    "edge",
    {
      ...goodSettings.edge,
      zone: "own",
      zoneSettings: {},
      firewallRules: [{ ref: "all", description: "All of it", expression: "true", action: "block" }],
    },
    'edge.firewallRules[0].expression: must name the hosts it is for, got "true"; begin it with http.host eq "…" and',
  ],
  [
    "apps.shop.routes",
    [route, { ...route, name: "other" }],
    'apps.shop.routes[1].host: is taken by apps.shop.routes[0] for the same path: "shop.example.com"; choose another host or pathPrefix',
  ],
  [
    "apps.shop.routes",
    [route, { ...route, pathPrefix: "/api" }],
    'apps.shop.routes[1].name: is that of routes[0] too: "web"; give each route its own',
  ],
  [
    "apps.shop.routes",
    [{ ...route, host: "new.example.com" }],
    'apps.shop.routes[0].host: has no DNS record, got "new.example.com"; add a record of that name to edge.records',
  ],
  [
    "apps.shop.routes",
    [{ ...route, service: "api" }],
    'apps.shop.routes[0].service: must be a service of apps/shop/compose.yaml, got "api"; choose one of: web',
  ],
  [
    "apps.shop.routes",
    [{ ...route, service: "database" }],
    'apps.shop.routes[0].service: must be a service with role web, database has role data, got "database"; choose one of: web',
  ],
  [
    "apps.shop.routes",
    [{ ...route, pathPrefix: "/rel" }],
    'apps/shop/app.yaml: smoke[0].path: must begin with /rel, the pathPrefix of route web, got "/"; correct it, or choose the route that takes it',
  ],
  [
    "apps.shop.images.database",
    undefined,
    'apps.shop.images.database: is missing: apps/shop/compose.yaml has this service; run "npm run promote -- staging --app shop --digests image-digests.json"',
  ],
  [
    "apps.shop.images.databse",
    reference("database"),
    'apps.shop.images.databse: belongs to no service of apps/shop/compose.yaml; did you mean "database"?',
  ],
  ["apps.shop.images.cache", reference("c"), `apps.shop.images.cache: belongs to no service of apps/shop/compose.yaml; remove it`],
  [
    "apps.shop.release",
    undefined,
    'apps.shop.release: is missing: a reviewer must see where the images came from; run "npm run promote -- staging --app shop --digests image-digests.json"',
  ],
  ["apps.platform", goodSettings.apps.shop, "apps.platform: is the platform's own name; give the app's folder another name"],
  [
    "apps.shop.environment",
    { cache: { LEVEL: "1" } },
    "apps.shop.environment.cache: belongs to no service of apps/shop/compose.yaml; choose one of: database, web",
  ],
  [
    "apps.shop.environment",
    { web: { DATABASE_PASSWORD: "" } },
    "apps.shop.environment.web.DATABASE_PASSWORD: is a secret of apps/shop/secrets.yaml and cannot be set here; remove it in one of the two places",
  ],
  [
    "apps.shop.environment",
    { web: { MAIL_PASSWORD: "hunter2" } },
    "apps.shop.environment.web.MAIL_PASSWORD: is a secret by its name and must not stand in a stack file; put it into the secret store and name it in apps/shop/secrets.yaml",
  ],
  [
    "apps.shop.environment",
    { web: { TERRACE_RELEASE: "1" } },
    'apps.shop.environment.web.TERRACE_RELEASE: is set by the host itself, got "1"; give it another name',
  ],
  [
    "apps.shop.environment",
    { web: { FEED: "https://user:hunter2@example.com/" } },
    "apps.shop.environment.web.FEED: looks like a URL with a password and must not stand in a stack file; put it into the secret store, and replace it: it has been written down",
  ],
  [
    "host.name",
    { key: `-----BEGIN PRIVATE KEY-----\nhunter2` },
    'host.name: must be text, got a value that looks like a secret; for example "staging-1"',
  ],
];

describe("a fault in the stack file", () => {
  for (const [path, value, message] of cases) {
    it(message, () => {
      const app = path === "apps.platform" || path === "apps.Shop" ? path.slice(5) : undefined;
      const twin =
        app === undefined ? {} : Object.fromEntries(Object.entries(goodAppFiles).map(([name, file]) => [name.replace("shop", app), file]));
      const lines = faultsOf(changed(goodSettings, path, value), twin);
      // A second app on the same host is a fault of its own, and not the one that is looked at.
      assert.deepEqual(app === undefined ? lines : lines.filter((line) => line.startsWith(`apps.${app}:`)), [message]);
    });
  }
});

/** Files beside the stack file, and the one fault that must come of it. */
const fileCases: readonly (readonly [CheckoutFiles, string])[] = [
  [
    { "apps/shop/app.yaml": { releaseEcho: { route: "api", path: "/" } } },
    'apps/shop/app.yaml: releaseEcho.route: must be a route of this stack, got "api"; choose one of: web; routes stand in apps.shop.routes of the stack file',
  ],
  [
    { "apps/shop/app.yaml": { smoke: [{ name: "x", route: "api", path: "/" }] } },
    'apps/shop/app.yaml: smoke[0].route: must be a route of this stack, got "api"; choose one of: web; routes stand in apps.shop.routes of the stack file',
  ],
  [
    { "apps/shop/app.yaml": { smoke: [{ name: "x", route: "web", path: "health" }] } },
    'apps/shop/app.yaml: smoke[0].path: must be an absolute path, with query if wanted, without blanks or fragment, got "health"; for example "/health"',
  ],
  [
    { "apps/shop/app.yaml": "smoke: [" },
    "apps/shop/app.yaml: is not YAML in line 1: Flow sequence in block collection must be sufficiently indented and end with a ]; correct it",
  ],
  [{ "apps/shop/app.yaml": "[]" }, "apps/shop/app.yaml: must be a mapping, got []; see docs/settings.md"],
  [
    { "apps/shop/compose.yaml": { services: { ...(compose as { services: object }).services, cache: { image: "r/c" } } } },
    "apps/shop/compose.yaml: services.cache.x-terrace: is missing; say what the service is, `x-terrace: {role: web | worker | singleton | job | data}`",
  ],
  [
    secrets({ services: ["api"] }),
    'apps/shop/secrets.yaml: variables.TOKEN.services[0]: must be a service of apps/shop/compose.yaml, got "api"; choose from: database, web',
  ],
  [secrets({ services: ["web", "web"] }), 'apps/shop/secrets.yaml: variables.TOKEN.services[1]: is listed twice: "web"; remove one'],
  [
    secrets({ services: ["database"], deliver: "file" }),
    'apps/shop/secrets.yaml: variables.TOKEN.services[0]: has role data, and stateful services get variables by environment only, got "database"; say "deliver: env", or remove the service',
  ],
  [
    secrets({ services: ["web", "database"] }),
    'apps/shop/secrets.yaml: variables.TOKEN.onRollback: must be "latest": it goes to stateful services too, which are not rolled back, and an old value would not open them; say "onRollback: latest"',
  ],
  [
    secrets({ path: "shop" }),
    'apps/shop/secrets.yaml: variables.TOKEN.path: must be a folder such as "/" or "/truealpha", without a slash at its end, got "shop"; for example "/truealpha"',
  ],
  [
    secrets({ value: "hunter2" }),
    "apps/shop/secrets.yaml: variables.TOKEN.value: is not a setting here; remove it; known here: description, path, services, deliver, validate, generate, onRollback, rotateAfterDays",
  ],
  [
    secrets({ generate: { kind: "hex", bytes: 16 }, validate: { kind: "hex", minimumBytes: 32 } }),
    'apps/shop/secrets.yaml: variables.TOKEN.generate: makes a value that "validate" refuses: must hold at least 32 bytes, holds 16; make the two agree',
  ],
  [
    secrets({ validate: { kind: "guess" } }),
    'apps/shop/secrets.yaml: variables.TOKEN.validate.kind: must be "text" or "oneOf" or "integer" or "boolean" or "url" or "address" or "email" or "json" or "hex" or "base64" or "certificate" or "privateKey" or "sshPrivateKey" or "sshPublicKey" or "sshPublicKeys", got "guess"; choose one of them',
  ],
  [
    { "apps/shop/secrets.yaml": { variables: { LD_PRELOAD: { description: "x", services: ["web"] } } } },
    'apps/shop/secrets.yaml: variables.LD_PRELOAD.deliver: would change the docker compose process that hands it over; say "deliver: file", or give it another name',
  ],
  [
    { "apps/shop/secrets.yaml": { variables: { FINGERPRINT_KEY: { description: "x", services: ["web"] } } } },
    "apps/shop/secrets.yaml: variables.FINGERPRINT_KEY: is a variable of the program itself (Key of the fingerprints that name secret sets in manifests); containers must not see it: give theirs another name or path",
  ],
];

const services = (compose as { services: Readonly<Record<string, object>> }).services;
const inWeb = (environment: unknown, variables: object = {}): CheckoutFiles => ({
  "apps/shop/compose.yaml": { services: { ...services, web: { ...services["web"], environment } } },
  ...(Object.keys(variables).length === 0 ? {} : { "apps/shop/secrets.yaml": { variables } }),
});
const asFile = { CERTIFICATE: { description: "Of the mail server", services: ["web"], deliver: "file" } };

/** Secrets in what goes into a manifest, which previews and Pulumi's state show in clear. */
const secrecyCases: readonly (readonly [CheckoutFiles, readonly string[]])[] = [
  [
    inWeb({ MAIL_PASSWORD: "hunter2" }),
    [
      "apps/shop/compose.yaml: services.web.environment.MAIL_PASSWORD: is a secret by its name and would stand in every preview; put it into the secret store and name it in apps/shop/secrets.yaml",
    ],
  ],
  [
    inWeb(["API_KEY=hunter2", "LEVEL=1"]),
    [
      "apps/shop/compose.yaml: services.web.environment.API_KEY: is a secret by its name and would stand in every preview; put it into the secret store and name it in apps/shop/secrets.yaml",
    ],
  ],
  [
    inWeb({ CACHE: "redis://:hunter2@cache/0" }),
    [
      "apps/shop/compose.yaml: services.web.environment.CACHE: looks like a URL with a password and would stand in every preview; put it into the secret store, and replace it: it has been written down",
    ],
  ],
  [
    { "apps/shop/app.yaml": { smoke: [{ name: "x", route: "web", path: "/", headers: { Authorization: "Basic aHVudGVyMg==" } }] } },
    [
      "apps/shop/app.yaml: smoke[0].headers.Authorization: carries credentials and would stand in every preview; check something that needs none",
    ],
  ],
  [
    { "apps/shop/config/tls/key.pem": "-----BEGIN PRIVATE KEY-----\nMIIE\n" },
    [
      "apps/shop/config/tls/key.pem: holds what looks like a private key and would stand in every preview; put it into the secret store, let secrets.yaml deliver it as a file, and replace it: it has been written down",
    ],
  ],
  [inWeb({ MAIL_PASSWORD: "" }), []],
  [inWeb({ MAIL_TOKEN: "/run/secrets/MAIL_TOKEN" }), []],
];

describe("a secret in a file that goes into a manifest", () => {
  for (const [index, [files, faults]] of secrecyCases.entries())
    it(faults[0] ?? `none in case ${index}`, () => {
      if (faults.length > 0) assert.deepEqual(faultsOf(goodSettings, files), faults);
      else readStackFile("staging", makeCheckout({ "Pulumi.staging.yaml": stackFile(goodSettings), ...goodAppFiles, ...files }));
    });
});

describe("a variable that comes as a file", () => {
  it("may say in the compose file where that is", () => {
    const files = inWeb({ CERTIFICATE: "/run/secrets/CERTIFICATE" }, asFile);
    readStackFile("staging", makeCheckout({ "Pulumi.staging.yaml": stackFile(goodSettings), ...goodAppFiles, ...files }));
  });

  it("has no bare key there", () =>
    assert.deepEqual(faultsOf(goodSettings, inWeb({ CERTIFICATE: null }, asFile)), [
      "apps/shop/compose.yaml: services.web.environment.CERTIFICATE: comes as the file /run/secrets/CERTIFICATE, by secrets.yaml; leave it out here, or say `deliver: env` there",
    ]));
});

/** What may stand below `config/` of an app, and the one fault of what may not. */
const configCases: readonly (readonly [string, string | Uint8Array, string])[] = [
  [
    ".htpasswd",
    "x",
    "apps/shop/config/.htpasswd: its path below config/ must be a path of letters, digits, dots, hyphens and underscores, no part of which begins with a dot; rename it, or keep it elsewhere",
  ],
  [
    "logo.png",
    Uint8Array.of(0x89, 0x50, 0xff),
    "apps/shop/config/logo.png: is no UTF-8 text, and a release holds only text; put it into the image",
  ],
  ["big.txt", "x".repeat(262_145), "apps/shop/config/big.txt: is longer than 262144 characters; put it into the image, or into a volume"],
];

describe("a file below config/ that no release could hold", () => {
  for (const [path, content, message] of configCases)
    it(message, () => assert.deepEqual(faultsOf(goodSettings, { [`apps/shop/config/${path}`]: content }), [message]));

  it("a link, which would not be there", () => {
    const root = makeCheckout({ "Pulumi.staging.yaml": stackFile(goodSettings), ...goodAppFiles, "apps/shop/config/real": "x" });
    symlinkSync("real", join(root, "apps/shop/config/other"));
    assert.equal(
      messageOf(() => readStackFile("staging", root)),
      "Pulumi.staging.yaml: 1 fault\n  apps/shop/config/other: is neither a file nor a folder; put the file itself there instead of a link",
    );
  });
});

describe("a fault in a file beside the stack file", () => {
  for (const [files, message] of fileCases) it(message, () => assert.deepEqual(faultsOf(goodSettings, files), [message]));

  for (const file of ["compose", "app", "secrets"] as const) {
    it(`${file}.yaml that is absent`, () => {
      const files = without(goodAppFiles, `apps/shop/${file}.yaml`);
      const root = makeCheckout({ "Pulumi.staging.yaml": stackFile(goodSettings), ...files });
      const next = {
        compose: "describe the app's services there, or correct the app's name",
        app: "say there how to tell that the app works; an empty file says nothing",
        secrets: "name there the secrets that its services need; an empty file means none",
      };
      assert.equal(
        messageOf(() => readStackFile("staging", root)),
        `Pulumi.staging.yaml: 1 fault\n  apps/shop/${file}.yaml: is missing; ${next[file]}`,
      );
    });
  }
});

describe("images from a build", () => {
  const fromBuild = changed(
    changed(changed(goodSettings, "apps.shop.images", "fromBuild"), "apps.shop.release", undefined),
    "platform.ingress.image",
    "fromBuild",
  );
  const build = { commit: "0123abcd", time: "2026-11-21T10:00:00Z" };
  const good = {
    shop: { ...build, images: { web: reference("web"), database: reference("database"), unused: reference("unused") } },
    platform: { ...build, images: { ingress: reference("traefik") } },
  };
  const withDigests = (digests: unknown): CheckoutFiles => ({ "image-digests.json": JSON.stringify(digests) });

  it("need image-digests.json", () => {
    assert.deepEqual(faultsOf(fromBuild), [
      'apps.shop.images: is "fromBuild", but there is no image-digests.json; run "npm run promote -- staging --app shop --digests image-digests.json", or build the images (npm start does in the sandbox)',
      'platform.ingress.image: is "fromBuild", but there is no image-digests.json; write its pinned reference here, or build the images (npm start does in the sandbox)',
    ]);
  });

  it("need every service in it", () => {
    const faults = faultsOf(
      fromBuild,
      withDigests({ shop: { ...build, images: { web: reference("web") } }, platform: { ...build, images: {} } }),
    );
    assert.deepEqual(faults, [
      "image-digests.json: platform.images.ingress: is missing; build its image",
      "image-digests.json: shop.images.database: is missing: apps/shop/compose.yaml has this service; build its image",
    ]);
  });

  it("need their app in it", () => {
    assert.deepEqual(faultsOf(fromBuild, withDigests({ platform: good.platform })), [
      'apps.shop.images: is "fromBuild", but image-digests.json has no "shop"; run "npm run promote -- staging --app shop --digests image-digests.json", or build its images',
    ]);
  });

  it("must be pinned there too", () => {
    assert.deepEqual(faultsOf(fromBuild, withDigests({ ...good, shop: { ...build, commit: 7, images: { web: "web:1" } } })), [
      'image-digests.json: shop.commit: must be text, got 7; for example "9f2c41d"',
      'image-digests.json: shop.images.web: must be pinned by digest: "registry/repository:tag@sha256:<64 hex>", got "web:1"; its push printed the digest, and "docker buildx imagetools inspect" shows it',
    ]);
  });

  it("are not promoted as well", () => {
    const both = changed(fromBuild, "apps.shop.release", goodSettings.apps.shop.release);
    assert.deepEqual(faultsOf(both, withDigests(good)), [
      'apps.shop.release: must not stand beside "images: fromBuild", whose file says it; remove it, or run "npm run promote -- staging --app shop --digests image-digests.json"',
    ]);
  });

  it("bring their provenance along, the same each time", () => {
    const root = makeCheckout({ "Pulumi.staging.yaml": stackFile(fromBuild), ...goodAppFiles, ...withDigests(good) });
    const { apps, platform } = readStackFile("staging", root);
    assert.deepEqual(apps["shop"]?.images, { web: reference("web"), database: reference("database") });
    assert.deepEqual(apps["shop"].release, { version: "0123abcd", commit: "0123abcd", requestedBy: "image-digests.json", run: "local" });
    assert.equal(platform.mode === "own" && platform.ingress.image, reference("traefik"));
  });
});
