import assert from "node:assert/strict";
import { digest, goodAppFiles, goodSettings, publicKey, reference } from "./checkout.ts";
import { changed, faultsOf } from "./faultsOf.ts";

const route = goodSettings.apps.shop.routes[0];
const record = goodSettings.edge.records[0];

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
