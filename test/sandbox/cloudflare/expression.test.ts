import assert from "node:assert/strict";
import fc from "fast-check";
import { compileExpression } from "../../../sandbox/cloudflare/expression/compile.ts";
import type { RequestFacts } from "../../../sandbox/cloudflare/expression/fields.ts";
import { ExpressionError } from "../../../sandbox/cloudflare/expression/token.ts";

const facts: RequestFacts = {
  host: "api.truealpha.test",
  path: "/admin/Login",
  query: "a=1",
  method: "POST",
  userAgent: "curl/8.0",
  source: "198.18.16.1",
  encrypted: true,
};

describe("rules language", () => {
  const cases: readonly (readonly [expression: string, verdict: boolean])[] = [
    ['http.host eq "api.truealpha.test"', true],
    ['http.host == "other"', false],
    ['(http.host ne "other")', true],
    ['http.host != "api.truealpha.test"', false],
    ['http.request.uri.path contains "min/"', true],
    ['starts_with(http.request.uri.path, "/admin")', true],
    ['ends_with(http.request.uri.path, "login")', false],
    ['ends_with(lower(http.request.uri.path), "login")', true],
    ['upper(http.request.method) eq "POST"', true],
    ['http.request.method in {"GET" "POST"}', true],
    ['not http.request.method in {"GET" "HEAD"}', true],
    ['http.request.uri eq "/admin/Login?a=1"', true],
    ['http.request.full_uri eq "https://api.truealpha.test/admin/Login?a=1"', true],
    ["ip.src eq 198.18.16.1", true],
    ["ip.src ne 198.18.16.1", false],
    ["ip.src in {10.0.0.0/8 198.18.0.0/15}", true],
    ["not ip.src in {198.18.17.0/24 2001:db8::/32}", true],
    ["ssl", true],
    ["not ssl or true", true],
    // "and" binds tighter than "xor", that tighter than "or".
    ['true or http.host eq "x" and false', true],
    ["(true or true) and false", false],
    ["true xor true or true", true],
    ["true xor (true or true)", false],
    ['!(http.host eq "x") && ssl || false', true],
    ['http.user_agent contains r"curl/"', true],
    ['http.user_agent contains "a\\"b"', false],
  ];
  for (const [expression, verdict] of cases) {
    it(`${expression} is ${verdict}`, () => assert.equal(compileExpression(expression)(facts), verdict));
  }

  const faults: readonly (readonly [expression: string, position: number, reason: RegExp])[] = [
    ["cf.threat_score gt 10", 1, /unknown identifier/],
    ['http.host matches "^a"', 11, /cannot evaluate "matches"/],
    ['http.host wildcard "a*"', 11, /cannot evaluate "wildcard"/],
    ["http.host eq api", 14, /expected a quoted string/],
    ['http.host eq "a" nonsense', 18, /unrecognised input/],
    ['http.host eq "a', 14, /missing ending quote/],
    ['(http.host eq "a"', 18, /expected literal "\)"/],
    ["ip.src in $office", 12, /no lists/],
    ["ip.src eq 10.0.0.0/8", 11, /without prefix/],
    ["ip.src in {300.1.1.1}", 12, /expected an IP address/],
    ["http.request.method in {}", 25, /at least one value/],
    ['concat(http.host, "a") eq "b"', 1, /unknown identifier/],
    ['lower(ip.src) eq "b"', 7, /expected value of type Bytes/],
    ["", 1, /expected a field or a function/],
  ];
  for (const [expression, position, reason] of faults) {
    it(`refuses ${JSON.stringify(expression)} at ${position}`, () => {
      assert.throws(
        () => compileExpression(expression),
        (error) => error instanceof ExpressionError && error.position === position && reason.test(error.reason),
      );
    });
  }

  it("reads any quoted text back as it was", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const quoted = `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
        assert.equal(compileExpression(`http.user_agent eq ${quoted}`)({ ...facts, userAgent: text }), true);
      }),
    );
  });

  it("gives an answer or an ExpressionError for any input", () => {
    const words = fc.constantFrom(
      "http.host",
      "eq",
      '"a"',
      "and",
      "not",
      "(",
      ")",
      "in",
      "{",
      "}",
      "ip.src",
      "1.2.3.4",
      "ssl",
      ",",
      "lower",
      "or",
      "::1",
      "$x",
      "r",
      "#",
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        try {
          assert.equal(typeof compileExpression(parts.join(" "))(facts), "boolean");
        } catch (error) {
          assert.ok(error instanceof ExpressionError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
