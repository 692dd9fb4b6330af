import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { releaseId } from "../../../contract/index.ts";
import { directoriesItem } from "../../../host/platform/directories.ts";
import { writeRelease } from "../../../host/release/releaseDirectory.ts";
import { newCourse } from "../../../host/rollout/attempt.ts";
import { writeReport } from "../../../host/rollout/report.ts";
import { writeCurrent } from "../../../host/state/current.ts";
import { claimInstance } from "../../../host/state/owner.ts";
import { current, manifest } from "../fixtures.ts";
import { testContext } from "../rollout/world.ts";

/** Files that a user who is neither root nor in its group can read, by every folder on the way. */
async function readableByOthers(folder: string): Promise<string[]> {
  const found = await Promise.all(
    (await readdir(folder, { withFileTypes: true })).map(async (entry): Promise<string[]> => {
      const path = join(folder, entry.name);
      const { mode } = await stat(path);
      if (!entry.isDirectory()) return (mode & 0o004) === 0 ? [] : [path];
      return (mode & 0o001) === 0 ? [] : await readableByOthers(path);
    }),
  );
  return found.flat();
}

describe("host/platform/directories", () => {
  it("let no other user of the server read what runs, what ran, or who deployed it", async () => {
    const context = await testContext();
    const { paths } = context;
    await directoriesItem(paths).change();
    const shop = manifest();
    const { release } = await writeRelease(paths, shop, new Date(Date.UTC(2026, 10, 21)));
    await claimInstance(context, "shop-prod", shop.owner);
    await writeCurrent(paths, current({ release }));
    const course = newCourse(context);
    const concluded = { request: "rollout", manifest: shop, releaseId: releaseId(shop), reason: null, actor: context.actor } as const;
    const conclusion = { outcome: "deployed", code: "ok", what: "done", serving: null } as const;
    await writeReport(context, { ...concluded, course, number: 1, release, before: undefined }, conclusion);

    const written = (await readdir(paths.root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    assert.ok(written.length >= 9, `expected release, report, history and records, got ${written.length} files`);
    assert.deepEqual(
      (await readableByOthers(paths.root)).map((path) => relative(paths.root, path)),
      [],
    );
    const reports = [join(paths.instance("shop-prod"), "reports/1.json"), join(paths.release("shop-prod", release), "report.json")];
    for (const report of reports) assert.equal((await stat(report)).mode & 0o777, 0o600, report);
  });
});
