import assert from "node:assert/strict";
import fc from "fast-check";
import { openRequest, SealedRequest, sealRequest } from "../../contract/index.ts";
import { generateSshKey, publicKeyOf } from "../../src/secrets/sshKey.ts";

const hostKey = generateSshKey("host");
const pinned = publicKeyOf(hostKey);
const key = "k".repeat(64);
const parse = (text: string): SealedRequest => SealedRequest.parse(JSON.parse(text));

describe("sealed requests", () => {
  it("come back as they were, whatever they hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (request) => {
        assert.deepEqual(openRequest(parse(sealRequest(request, pinned, key)), hostKey), { kind: "opened", request });
      }),
    );
  });

  it("hold nothing of the request in clear, and say which key opens them", () => {
    const text = sealRequest('{"password":"correct horse battery"}', `${pinned} root@host`, key);
    assert.match(text, /"hostKey":"SHA256:[A-Za-z0-9+/]{43}"/);
    const { sealed } = parse(text);
    assert.equal(Buffer.from(sealed.text, "base64").includes("horse"), false);
  });

  it("are the same for the same request, and different in all but length for another request, key or host", () => {
    const text = sealRequest("one", pinned, key);
    assert.equal(sealRequest("one", `${pinned} a comment`, key), text);
    const others = [
      sealRequest("two", pinned, key),
      sealRequest("one", pinned, "j".repeat(64)),
      sealRequest("one", publicKeyOf(generateSshKey("another")), key),
    ];
    for (const other of others) {
      // The one-time key and every block after it.
      assert.notEqual(parse(other).sealed.text.slice(0, 40), parse(text).sealed.text.slice(0, 40));
      assert.notEqual(parse(other).sealed.text.slice(-20), parse(text).sealed.text.slice(-20));
    }
  });

  it("stay closed for another host, and when a bit was changed", () => {
    const request = parse(sealRequest("one", pinned, key));
    const other = openRequest(request, generateSshKey("another"));
    assert.match(other.kind === "closed" ? other.what : "", /^it is sealed for the host key SHA256:\S+, and this host has SHA256:\S+$/);
    for (const index of [0, 31, 32, 34, 35, 50]) {
      const bytes = Buffer.from(request.sealed.text, "base64");
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      const changed = openRequest({ ...request, sealed: { ...request.sealed, text: bytes.toString("base64") } }, hostKey);
      assert.deepEqual(changed, { kind: "closed", what: "its text was changed on the way" }, `byte ${index}`);
    }
    const short = openRequest({ ...request, sealed: { ...request.sealed, text: Buffer.alloc(47).toString("base64") } }, hostKey);
    assert.deepEqual(short, { kind: "closed", what: "its text is cut short" });
    assert.match(JSON.stringify(openRequest(request, "no key")), /this host's ed25519 key must be an OpenSSH private key/);
  });

  it("need a host key that is one, and a key worth deriving from", () => {
    assert.throws(() => sealRequest("one", "ssh-ed25519 AAAA", key), RangeError);
    assert.throws(() => sealRequest("one", pinned, "short"), RangeError);
  });
});
