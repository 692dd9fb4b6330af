import assert from "node:assert/strict";
import fc from "fast-check";
import { readCredentials, siteUrlFault } from "../../../src/secrets/credentials.ts";
import { mergeImports } from "../../../src/secrets/mergeImports.ts";
import { messageOf } from "../settings/checkout.ts";

const good = { INFISICAL_CLIENT_ID: "id", INFISICAL_CLIENT_SECRET: "secret", INFISICAL_PROJECT_ID: "project" };
const set = 'to the machine identity of this environment (docs/own-servers.md), or run "source sandbox/env" in the sandbox';

describe("credentials of the secret store", () => {
  it("are trimmed", () => {
    const padded = Object.fromEntries(Object.entries(good).map(([name, value]) => [name, ` ${value}\n`]));
    assert.deepEqual(readCredentials(padded, undefined), {
      clientId: "id",
      clientSecret: "secret",
      projectId: "project",
      siteUrl: "https://app.infisical.com",
    });
  });

  it("may have the names that Infisical's own command line reads; ours win", () => {
    const theirs = {
      INFISICAL_UNIVERSAL_AUTH_CLIENT_ID: "theirs",
      INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET: "theirs",
      INFISICAL_PROJECT_ID: "p",
    };
    assert.equal(readCredentials(theirs, undefined).clientId, "theirs");
    assert.equal(readCredentials({ ...theirs, ...good }, undefined).clientId, "id");
    assert.equal(readCredentials({ ...theirs, INFISICAL_CLIENT_SECRET: " " }, undefined).clientSecret, "theirs");
  });

  const missing: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{}, `secret store: INFISICAL_CLIENT_ID, INFISICAL_CLIENT_SECRET, INFISICAL_PROJECT_ID are not set; set them ${set}`],
    [{ ...good, INFISICAL_CLIENT_SECRET: "\n" }, `secret store: INFISICAL_CLIENT_SECRET is not set; set it ${set}`],
    [
      { ...good, INFISICAL_SITE_URL: "infisical.example.com" },
      "secret store: INFISICAL_SITE_URL must be an https URL without credentials and query, such as https://app.infisical.com",
    ],
  ];
  for (const [environment, message] of missing)
    it(message, () =>
      assert.equal(
        messageOf(() => readCredentials(environment, undefined)),
        message,
      ),
    );

  it("go to the stack file's server, else to the environment's", () => {
    const environment = { ...good, INFISICAL_SITE_URL: "https://one.example.com/" };
    assert.equal(readCredentials(environment, undefined).siteUrl, "https://one.example.com");
    assert.equal(readCredentials(environment, "https://two.example.com/base/").siteUrl, "https://two.example.com/base");
  });

  const fault = "must be an https URL without credentials and query, such as https://app.infisical.com";
  const urls = [
    ["https://eu.infisical.com", undefined],
    ["https://example.com/infisical", undefined],
    ["http://127.0.0.1:8080", undefined],
    ["http://localhost", undefined],
    ["http://infisical.example.com", fault],
    ["https://user:pass@example.com", fault],
    ["https://example.com/?x=1", fault],
    ["app.infisical.com", fault],
  ] as const;
  for (const [url, expected] of urls) it(`${url}: ${expected ?? "no fault"}`, () => assert.equal(siteUrlFault(url), expected));
});

describe("imports into a folder", () => {
  const values = fc.dictionary(fc.constantFrom("A", "B", "C"), fc.string());

  it("yield to the folder's own values, and earlier ones to later ones", () => {
    fc.assert(
      fc.property(values, fc.array(values, { maxLength: 4 }), (own, imports) => {
        const merged = mergeImports(own, imports);
        for (const name of ["A", "B", "C"]) {
          const expected = Object.hasOwn(own, name) ? own[name] : imports.findLast((one) => Object.hasOwn(one, name))?.[name];
          assert.equal(merged.get(name), expected);
        }
      }),
    );
  });
});
