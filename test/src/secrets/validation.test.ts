import assert from "node:assert/strict";
import { maximumValueBytes } from "../../../contract/index.ts";
import { generatedValue } from "../../../src/secrets/generate.ts";
import { Validation, valueFault } from "../../../src/secrets/validation.ts";
import { certificateFor } from "./certificate.ts";

const expired = await certificateFor(["old.example.com"], -1);
const fresh = await certificateFor(["new.example.com"], 30);
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFuIGV4YW1wbGUsIGFuZCBub2JvZHkncyBvd24ga2V5";
const blank = "begins or ends with a blank or a line break; write it again without";

/** A rule as secrets.yaml says it, a value, and what is wrong with it. */
const cases: readonly (readonly [unknown, string, string | undefined])[] = [
  [{ kind: "text" }, 'any "$x \\ # thing\nat all\\', undefined],
  [{ kind: "text" }, "", "is empty"],
  [{ kind: "text" }, "a\0b", "must not contain a NUL character"],
  [{ kind: "text" }, "x".repeat(maximumValueBytes + 1), `must be at most ${maximumValueBytes} bytes`],
  [{ kind: "text" }, " x", blank],
  [{ kind: "text" }, "x\n", blank],
  [
    { kind: "text" },
    "a${B}c",
    'holds "${": a reference that the secret store did not expand; give the identity access to what it names, or say "literal: true" if it is meant',
  ],
  [{ kind: "text", literal: true }, " a${B}c\n", undefined],
  [{ kind: "text" }, "<fill-in>", "is still the place holder of the template; put the value in, or run generate"],
  [{ kind: "text", minimumLength: 8 }, "hunter2", "must have at least 8 characters, has 7"],
  [{ kind: "text", pattern: "a|b" }, "b", undefined],
  [{ kind: "text", pattern: "a|b" }, "bb", "must match a|b"],
  [{ kind: "oneOf", values: ["on", "off"] }, "maybe", "must be one of on, off"],
  [{ kind: "integer", minimum: 1, maximum: 65_535 }, "70000", "must be a whole number from 1 to 65535"],
  [{ kind: "integer" }, "1e3", "must be a whole number"],
  [{ kind: "integer" }, "-12", undefined],
  [{ kind: "boolean" }, "yes", 'must be "true" or "false"'],
  [{ kind: "url", schemes: ["postgresql"] }, "postgresql://u:p@db:5432/x", undefined],
  [{ kind: "url", schemes: ["postgresql"] }, "mysql://u:p@db/x", "must have the scheme postgresql"],
  [{ kind: "url", schemes: ["https", "http"] }, "example.com", "must be a URL with the scheme https or http"],
  [{ kind: "url", schemes: ["postgresql"], query: { sslmode: "require" } }, "postgresql://db/x?sslmode=require", undefined],
  [
    { kind: "url", schemes: ["postgresql"], query: { sslmode: "require" } },
    "postgresql://db/x?sslmode=disable",
    "must carry the query parameter sslmode=require",
  ],
  [{ kind: "url", schemes: ["file"] }, "file:///x", "must name a host"],
  [{ kind: "address" }, "2001:db8::1", undefined],
  [{ kind: "address" }, "server.example.com", undefined],
  [{ kind: "address" }, "server.example.com:22", "must be an IP address or a full domain name, without scheme or port"],
  [{ kind: "email" }, "alice", "must be an e-mail address"],
  [{ kind: "json" }, "{", "must be JSON"],
  [{ kind: "hex", minimumBytes: 32 }, "ab".repeat(31), "must hold at least 32 bytes, holds 31"],
  [{ kind: "hex" }, "abc", "must be hexadecimal digits"],
  [{ kind: "base64", minimumBytes: 3 }, "YWJj", undefined],
  [{ kind: "base64", minimumBytes: 4 }, "YWJj", "must hold at least 4 bytes, holds 3"],
  [{ kind: "base64" }, "a b", "must be base64"],
  [{ kind: "certificate" }, `${fresh.certificate}\n`, undefined],
  [{ kind: "certificate" }, "hunter2 hunter2", "must be a certificate in PEM"],
  [{ kind: "certificate" }, expired.certificate, `expired on ${expired.notAfter.toISOString().slice(0, 10)}`],
  [
    { kind: "certificate" },
    `${fresh.certificate}\n${fresh.privateKey}`,
    "holds a private key beside the certificate; put it into its own variable",
  ],
  [{ kind: "privateKey" }, fresh.privateKey, undefined],
  [{ kind: "privateKey" }, fresh.certificate, "must be a private key in PEM without a pass phrase"],
  [{ kind: "sshPublicKey" }, publicKey, undefined],
  [{ kind: "sshPublicKey" }, "ssh-rsa AAAA", 'must be an ed25519 public key: "ssh-ed25519 AAAA…"'],
  [{ kind: "sshPublicKeys" }, `# people\n${publicKey} alice\n\n${publicKey} bob\n`, undefined],
  [{ kind: "sshPublicKeys" }, `${publicKey} alice\n${publicKey}`, 'line 2 must be "ssh-ed25519 AAAA… <login name>"'],
  [
    { kind: "sshPublicKeys" },
    `${publicKey} deploy-prod`,
    "line 1: the name is a login of the system or of the platform; choose another login name",
  ],
  [
    { kind: "sshPublicKeys" },
    `${publicKey} Alice`,
    "line 1: the name must be a login name: lower case letters, digits and hyphens, beginning with a letter",
  ],
];

describe("a secret value", () => {
  for (const [rule, value, fault] of cases) {
    const shown = JSON.stringify(value).slice(0, 40);
    it(`${JSON.stringify(rule)} ${shown}: ${fault ?? "no fault"}`, () => assert.equal(valueFault(value, Validation.parse(rule)), fault));
  }

  it("is never said in what is wrong with it", () => {
    for (const [rule, value, fault] of cases) {
      if (fault === undefined || value.length < 5 || value.startsWith("<") || value.startsWith("-----")) continue;
      assert.ok(!fault.includes(value.trim()), `${JSON.stringify(rule)}: ${fault}`);
    }
  });
});

describe("a generated value", () => {
  const kinds = [
    [{ kind: "password", length: 40 }, /^[A-Za-z0-9]{40}$/],
    [{ kind: "hex", bytes: 32 }, /^[0-9a-f]{64}$/],
    [{ kind: "base64", bytes: 32 }, /^[A-Za-z0-9+/]{43}=$/],
    [{ kind: "sshKey" }, /^-----BEGIN OPENSSH PRIVATE KEY-----\n[^]*-----END OPENSSH PRIVATE KEY-----$/],
  ] as const;
  for (const [generation, form] of kinds) {
    it(generation.kind, () => {
      const value = generatedValue(generation, "NAME");
      assert.match(value, form);
      assert.notEqual(generatedValue(generation, "NAME"), value);
    });
  }
});
