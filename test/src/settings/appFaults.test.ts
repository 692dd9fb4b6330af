import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { readStackFile } from "../../../src/settings/stackFile.ts";
import { type CheckoutFiles, goodAppFiles, goodSettings, makeCheckout, messageOf, stackFile, without } from "./checkout.ts";
import { faultsOf } from "./faultsOf.ts";

const compose = goodAppFiles["apps/shop/compose.yaml"];
const secrets = (variable: Record<string, unknown>): CheckoutFiles => ({
  "apps/shop/secrets.yaml": { variables: { TOKEN: { description: "Some token", services: ["web"], ...variable } } },
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
