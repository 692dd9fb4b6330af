import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../host/main.ts", import.meta.url));

/** The program as sudo would call it for a login, on a machine that is no host. */
function called(user: string, ...words: string[]): { readonly status: number | null; readonly lastLine: string } {
  const { status, stderr } = spawnSync(process.execPath, [program, ...words], {
    env: { PATH: process.env["PATH"], SUDO_USER: user },
    encoding: "utf8",
  });
  return { status, lastLine: stderr.trimEnd().split("\n").at(-1) ?? "" };
}

describe("host/main", () => {
  it("tells who may not ask for an instance nothing of it, not even what serves", function () {
    // Anybody else is turned away before the instance is looked at.
    if (process.geteuid?.() !== 0) this.skip();
    assert.deepEqual(called("deploy-staging", "history", "shop-prod"), {
      status: 10,
      lastLine: 'terrace: refused (wrong_environment): deploy-staging may release to "staging" only, not to "shop-prod"',
    });
  });
});
