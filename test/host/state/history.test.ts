import assert from "node:assert/strict";
import fc from "fast-check";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HistoryEntry } from "../../../contract/index.ts";
import { hostPaths } from "../../../host/paths.ts";
import { appendHistory, historyLine, readHistory } from "../../../host/state/history.ts";

const entry = (changes: Partial<HistoryEntry> = {}): HistoryEntry => ({
  time: "2026-11-21T10:00:00.000Z",
  rollout: 1,
  action: "rollout",
  release: "sha-abcdef1__20261121T100000Z",
  releaseId: "1".repeat(64),
  version: "1.4.2",
  outcome: "deployed",
  code: "ok",
  note: "shop-prod serves it",
  actor: { user: "deploy-prod", key: "SHA256:abc" },
  ...changes,
});

describe("host/state/history", () => {
  for (const [what, changes, expected] of [
    ["a success", {}, "2026-11-21T10:00:00.000Z | shop-prod | prod | rollout | 1.4.2 | deployed | shop-prod serves it"],
    [
      "a failure",
      { outcome: "rolled_back", code: "settle_failed", note: "api: died" },
      "2026-11-21T10:00:00.000Z | shop-prod | prod | rollout | 1.4.2 | rolled_back (settle_failed) | api: died",
    ],
    ["no version", { version: null }, "2026-11-21T10:00:00.000Z | shop-prod | prod | rollout | - | deployed | shop-prod serves it"],
  ] as const) {
    it(`writes ${what} for people`, () => assert.equal(historyLine("shop-prod", "prod", entry(changes)), expected));
  }

  it("keeps seven columns and one line, whatever a note says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (note, version) => {
        const line = historyLine("shop-prod", "prod", entry({ note, version }));
        assert.equal(line.split(" | ").length - (line.endsWith(" |") ? 0 : 1) >= 5, true);
        assert.equal((line.match(/\|/g) ?? []).length, 6);
        assert.doesNotMatch(line, /\p{Cc}/u);
      }),
    );
  });

  it("reads back what was appended, oldest first, and leaves a torn last line out", async () => {
    const paths = hostPaths(await mkdtemp(join(tmpdir(), "terrace-history-")));
    assert.deepEqual(await readHistory(paths, "shop-prod"), []);
    const entries = [entry(), entry({ rollout: 2, note: 'with "quotes" and\nlines' }), entry({ rollout: 3, release: null })];
    for (const one of entries) await appendHistory(paths, "shop-prod", "prod", one);
    assert.deepEqual(await readHistory(paths, "shop-prod"), entries);
    assert.equal((await readFile(paths.deployHistory, "utf8")).split("\n").length, 4);

    const file = join(paths.instance("shop-prod"), "history.jsonl");
    await appendFile(file, '{"time":"2026-1');
    assert.deepEqual(await readHistory(paths, "shop-prod"), entries);
    await writeFile(file, `damaged\n${await readFile(file, "utf8")}`);
    await assert.rejects(readHistory(paths, "shop-prod"), { code: "state_unreadable", message: /history\.jsonl, line 1: is not JSON/ });
    await rm(paths.root, { recursive: true });
  });
});
