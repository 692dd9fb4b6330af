import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutRoot } from "../../src/settings/stackFile.ts";

describe("toolchain/run.mjs", () => {
  const directory = mkdtempSync(join(tmpdir(), "terrace-run-"));
  after(() => rmSync(directory, { recursive: true, force: true }));

  const endings: readonly (readonly [string, string, number])[] = [
    ["a program's own code", "process.exit(21)", 21],
    ["SIGTERM", 'process.kill(process.pid, "SIGTERM"); setInterval(() => undefined, 1000)', 143],
    ["SIGKILL, as of one that the kernel ended for want of memory", 'process.kill(process.pid, "SIGKILL")', 137],
  ];
  for (const [ending, program, exitCode] of endings) {
    it(`ends with ${exitCode} for ${ending}`, () => {
      const file = join(directory, `${exitCode}.mjs`);
      writeFileSync(file, program);
      assert.equal(spawnSync(process.execPath, [join(checkoutRoot, "toolchain/run.mjs"), file]).status, exitCode);
    });
  }
});
