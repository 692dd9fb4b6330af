import assert from "node:assert/strict";
import { acceptedKey, loginKey, parseStat } from "../../host/loginKey.ts";

const line = (key: string): string =>
  `Accepted publickey for deploy-prod from 198.18.16.1 port 40022 ssh2: ED25519 SHA256:${key.repeat(43)}`;

describe("host/loginKey", () => {
  for (const [what, journal, expected] of [
    ["one login", `Connection from 198.18.16.1\n${line("a")}\nStarting session`, `SHA256:${"a".repeat(43)}`],
    ["the last of a process id that was used twice", `${line("a")}\n${line("b")}\n`, `SHA256:${"b".repeat(43)}`],
    ["no key", "Accepted password for root from 198.18.16.1 port 1 ssh2", null],
    ["a line that somebody else wrote", `user says: ${line("a")}`, null],
    ["nothing", "", null],
  ] as const) {
    it(`reads ${what}`, () => assert.equal(acceptedKey(journal), expected));
  }

  it("reads a process whose name has parentheses and spaces", () => {
    assert.deepEqual(parseStat("42 (a) b (c)) S 7 42 42 0"), { command: "a) b (c)", parent: 7 });
    assert.equal(parseStat("garbage"), undefined);
  });

  it("asks no journal where no sshd is among the ancestors", async () => {
    const key = await loginKey(() => Promise.reject(new Error("was asked")), process.pid);
    assert.equal(key, null);
  });
});
