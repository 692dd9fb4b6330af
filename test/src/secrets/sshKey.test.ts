import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { generateSshKey, publicKeyOf, sshKeyFault } from "../../../src/secrets/sshKey.ts";

describe("SSH keys", () => {
  const directory = mkdtempSync(join(tmpdir(), "terrace-keys-"));
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** A key as ssh-keygen writes it. */
  function keygen(name: string, ...options: string[]): { readonly privateKey: string; readonly publicKey: string } {
    const path = join(directory, name);
    execFileSync("ssh-keygen", ["-q", "-f", path, "-C", "someone@somewhere", ...options]);
    return { privateKey: readFileSync(path, "utf8"), publicKey: readFileSync(`${path}.pub`, "utf8").split(" ").slice(0, 2).join(" ") };
  }

  it("of ssh-keygen have the public half that it wrote", () => {
    const { privateKey, publicKey } = keygen("good", "-t", "ed25519", "-N", "");
    assert.equal(publicKeyOf(privateKey), publicKey);
    // A store cuts the line break at the end off, and may write others.
    assert.equal(publicKeyOf(privateKey.trim().replaceAll("\n", "\r\n")), publicKey);
  });

  for (let round = 0; round < 4; round += 1) {
    // The length of the comment decides the padding.
    const comment = "x".repeat(round * 3);
    it(`of ours are read by ssh2, comment "${comment}"`, () => {
      const made = generateSshKey(comment);
      const parsed = ssh2.utils.parseKey(made);
      assert.ok(!(parsed instanceof Error) && !Array.isArray(parsed), parsed instanceof Error ? parsed.message : "several keys");
      assert.equal(parsed.type, "ssh-ed25519");
      assert.equal(parsed.comment, comment);
      assert.equal(`ssh-ed25519 ${parsed.getPublicSSH().toString("base64")}`, publicKeyOf(made));
      const signature = parsed.sign("message");
      assert.ok(Buffer.isBuffer(signature) && parsed.verify("message", signature));
    });
  }

  it("of ours are read by ssh-keygen", () => {
    const path = join(directory, "ours");
    const made = generateSshKey("ours");
    writeFileSync(path, made, { mode: 0o600 });
    assert.equal(execFileSync("ssh-keygen", ["-y", "-f", path], { encoding: "utf8" }).trim(), `${publicKeyOf(made)} ours`);
  });

  it("differ from one to the next", () => assert.notEqual(publicKeyOf(generateSshKey("a")), publicKeyOf(generateSshKey("a"))));

  const begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
  const make = "make one with \"ssh-keygen -t ed25519 -N ''\"";
  const faults: readonly (readonly [string, () => string, string | undefined])[] = [
    ["a good one", () => generateSshKey("x"), undefined],
    ["text", () => "hello", `must be an OpenSSH private key ("${begin}"); ${make}`],
    [
      "another format",
      () => keygen("pem", "-t", "rsa", "-m", "PEM", "-N", "").privateKey,
      `must be an OpenSSH private key ("${begin}"); ${make}`,
    ],
    [
      "a pass phrase",
      () => keygen("locked", "-t", "ed25519", "-N", "hunter2").privateKey,
      "must not have a pass phrase: nobody is there to type it",
    ],
    ["RSA", () => keygen("rsa", "-t", "rsa", "-b", "2048", "-N", "").privateKey, `must be an ed25519 key, is ssh-rsa; ${make}`],
    ["a half", () => cut(generateSshKey("x")), "is cut short or damaged: it does not parse as an OpenSSH private key"],
    ["two halves of two", () => mixed(generateSshKey("x"), generateSshKey("x")), "holds a public half that does not belong to it"],
  ];
  for (const [what, key, fault] of faults) it(`${what}: ${fault ?? "no fault"}`, () => assert.equal(sshKeyFault(key()), fault));

  function bytesOf(key: string): Buffer {
    return Buffer.from(key.split("\n").slice(1, -2).join(""), "base64");
  }
  function keyOf(bytes: Buffer): string {
    return `${begin}\n${bytes.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
  }
  function cut(key: string): string {
    return keyOf(bytesOf(key).subarray(0, 120));
  }
  /** The public part of the one before the private part of the other; both have the same lengths. */
  function mixed(one: string, other: string): string {
    return keyOf(Buffer.concat([bytesOf(one).subarray(0, 98), bytesOf(other).subarray(98)]));
  }
});
