import assert from "node:assert/strict";
import { environmentDeliveryFault, maximumValueBytes, secretFingerprint, SecretValue } from "../../contract/index.ts";

const key = "k".repeat(32);

describe("secret fingerprint", () => {
  const values = { A: "1", B: 'quote " dollar $ backslash \\' };
  const fingerprint = secretFingerprint(key, "shop-staging/app", values);

  it("is the same whatever the order of names", () => {
    assert.equal(secretFingerprint(key, "shop-staging/app", { B: values.B, A: values.A }), fingerprint);
    assert.match(fingerprint, /^[0-9a-f]{64}$/);
  });

  const different: readonly [string, string][] = [
    ["value", secretFingerprint(key, "shop-staging/app", { ...values, A: "2" })],
    ["name", secretFingerprint(key, "shop-staging/app", { C: "1", B: values.B })],
    ["key", secretFingerprint("x".repeat(32), "shop-staging/app", values)],
    ["scope", secretFingerprint(key, "shop-prod/app", values)],
    // Without a delimiter {A: "1", B: …} and {A: '1","B…'} could be one text.
    ["shape", secretFingerprint(key, "shop-staging/app", { A: `1","B":${JSON.stringify(values.B)}` })],
  ];
  for (const [what, other] of different) it(`changes with the ${what}`, () => assert.notEqual(other, fingerprint));

  it("refuses a key that could be guessed", () => {
    assert.throws(() => secretFingerprint("short", "s", {}), /at least 32 characters/);
  });
});

describe("secret values", () => {
  it("may hold anything an environment can, and nothing it cannot", () => {
    assert.equal(SecretValue.safeParse('"$\\\n#\\').success, true);
    assert.equal(SecretValue.safeParse("a\0b").success, false);
    assert.equal(SecretValue.safeParse("é".repeat(maximumValueBytes / 2)).success, true);
    assert.equal(SecretValue.safeParse("é".repeat(maximumValueBytes / 2 + 1)).success, false);
  });

  for (const name of ["PATH", "COMPOSE_FILE", "docker_host", "LD_PRELOAD", "TERRACE_RELEASE", "https_proxy", "HOME"]) {
    it(`${name} is not delivered by environment`, () => assert.match(environmentDeliveryFault(name) ?? "", /deliver it as a file/));
  }
  for (const name of ["POSTGRES_PASSWORD", "HOMEPAGE", "PATHS", "USERNAME"]) {
    it(`${name} is`, () => assert.equal(environmentDeliveryFault(name), undefined));
  }
});
