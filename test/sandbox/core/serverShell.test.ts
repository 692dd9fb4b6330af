import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { wordsInServer } from "../../../sandbox/serverShell.ts";

describe("words of sandbox shell", () => {
  for (const [what, words, argv] of [
    ["none: a login shell", [], ["/bin/bash", "--login"]],
    ["one: a line of shell", ["docker ps | wc -l"], ["/bin/sh", "-c", "docker ps | wc -l"]],
    [
      "several: that program with those arguments, blanks and quotes included",
      ["terrace", "rollback", "x", "--reason", "it's only a try"],
      ["terrace", "rollback", "x", "--reason", "it's only a try"],
    ],
    ["after two hyphens: the same", ["--", "docker", "ps", "--", "x"], ["docker", "ps", "--", "x"]],
  ] as const) {
    it(what, () => assert.deepEqual(wordsInServer(words), argv));
  }

  it("may be options: they are the command's, not ours", () => {
    const cli = join(import.meta.dirname, "../../../sandbox/cli.ts");
    const words = ["--slot", "7", "shell", "no-such-server", "docker", "ps", "-a", "--help"];
    const { status, stderr } = spawnSync(process.execPath, [cli, ...words], { encoding: "utf8" });
    assert.equal(status, 1);
    // It got as far as looking for the server.
    assert.match(stderr, /slot 7: is not up|"no-such-server": is not in this sandbox/);
  });
});
