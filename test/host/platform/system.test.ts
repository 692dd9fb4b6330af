import assert from "node:assert/strict";
import { parseOsRelease, systemFault } from "../../../host/platform/system.ts";

const debian13 = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n';

describe("the operating system", () => {
  it("is read as os-release(5) writes it", () => {
    assert.deepEqual(parseOsRelease(`# comment\nA=1\nB="a \\"b\\" \\$c"\nC='x'\n\nnot a line\n`), { A: "1", B: 'a "b" $c', C: "x" });
  });

  for (const [name, text, fault] of [
    ["Debian 13", debian13, undefined],
    ["Debian 13 with quotes around everything", 'ID="debian"\nVERSION_ID=13\n', undefined],
    [
      "Debian 12",
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
      "this server runs Debian GNU/Linux 12 (bookworm); Terrace needs Debian 13",
    ],
    [
      "Ubuntu, which says it is like Debian",
      'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
      "this server runs Ubuntu 24.04 LTS; Terrace needs Debian 13",
    ],
    [
      "another system whose version is 13",
      'PRETTY_NAME="Other 13"\nID=other\nID_LIKE=debian\nVERSION_ID="13"\n',
      "this server runs Other 13; Terrace needs Debian 13",
    ],
    ["Debian unstable, which has no version", "ID=debian\n", "this server runs debian without a version; Terrace needs Debian 13"],
    ["a system without the file", undefined, "this server has no /etc/os-release; Terrace needs Debian 13"],
  ] as const) {
    it(`${name}: ${fault === undefined ? "taken" : "refused by name"}`, () => assert.equal(systemFault(text), fault));
  }
});
