import assert from "node:assert/strict";
import { execa } from "execa";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiDirectory, npmPackages } from "../../../../sandbox/images/kitchen.ts";
import { checkoutDirectory } from "../../../../sandbox/shared/paths.ts";

// Its packages are not the project's, so `npm run check` cannot know their types.
describe("sources of the demo API", () => {
  it("have no type errors against their own locked packages", async () => {
    const directory = await mkdtemp(join(tmpdir(), "terrace-api-types-"));
    try {
      await cp(apiDirectory, directory, { recursive: true, filter: (path) => !path.includes("node_modules") });
      await symlink(join(await npmPackages(apiDirectory), "node_modules"), join(directory, "node_modules"));
      const configuration = JSON.parse(await readFile(join(directory, "tsconfig.json"), "utf8")) as Record<string, unknown>;
      await writeFile(
        join(directory, "tsconfig.json"),
        JSON.stringify({ ...configuration, extends: join(checkoutDirectory, "tsconfig.json") }),
      );
      const compiler = join(checkoutDirectory, "node_modules", "typescript", "bin", "tsc");
      const result = await execa(process.execPath, [compiler, "-p", directory], { reject: false, all: true });
      assert.equal(result.all, "");
      assert.equal(result.exitCode, 0);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
