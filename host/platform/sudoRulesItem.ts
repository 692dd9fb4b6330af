import { rm } from "node:fs/promises";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import { readIfPresent, replaceFile } from "../files.ts";
import { checked, lastLines } from "./checked.ts";
import { findingOf } from "./item.ts";
import type { Item } from "./item.ts";
import { faultsOf, fileFault, writeManagedFile } from "./managedFile.ts";

/** sudo takes no other (sudoers(5), "SUDOERS FILE FORMAT"): the owner reads, nobody writes. */
const mode = 0o440;

const wholeCheck = { argv: ["visudo", "--check"] } as const;

/**
 * sudo rules, judged by visudo before they are where sudo reads them, and judged once more together with all the others: names may clash
 * between files. What does not pass is taken back, so this item cannot break sudo for anybody else. Faults that were there before are
 * somebody else's: visudo also minds modes that sudo itself does not.
 */
export function sudoRulesItem(world: Pick<Context, "execute">, path: string, content: string): Item {
  const file = { path, content, mode };
  return {
    name: "sudo rules",
    effect: "none",
    wanted: content,
    code: "bug",
    check: async () => findingOf(await faultsOf([fileFault(file)])),
    change: async () => {
      // sudo skips names with a dot, so a run that is cut off here leaves nothing that counts.
      const candidate = `${path}.new`;
      const before = await readIfPresent(path);
      const wellBefore = (await world.execute(wholeCheck)).exitCode === 0;
      await replaceFile(candidate, content, mode);
      try {
        await checked(world.execute, { argv: ["visudo", "--check", "--quiet", "--file", candidate] });
        await writeManagedFile(file);
      } finally {
        await rm(candidate, { force: true });
      }
      const all = await world.execute(wholeCheck);
      if (all.exitCode === 0 || !wellBefore) return;
      if (before === undefined) await rm(path, { force: true });
      else await replaceFile(path, before, mode);
      throw new Failure("aborted", "bug", `sudo rules: do not go together with the others of this server: ${lastLines(all)}`);
    },
  };
}
