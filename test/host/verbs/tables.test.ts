import assert from "node:assert/strict";
import type { HistoryEntry, Status } from "../../../contract/index.ts";
import { table } from "../../../host/table.ts";
import { historyTable } from "../../../host/verbs/history.ts";
import { statusTable } from "../../../host/verbs/status.ts";
import { digest } from "../fixtures.ts";

const entry: HistoryEntry = {
  time: "2026-11-21T10:00:00.123Z",
  rollout: 7,
  action: "rollback",
  release: "sha-abcdef1__20261121T100000Z",
  releaseId: "1".repeat(64),
  version: "1.4.2",
  outcome: "deployed",
  code: "rolled_back_as_asked",
  note: "orders fail",
  actor: { user: "ann", key: null },
};

describe("host/verbs: what people see", () => {
  it("columns as wide as their content, no blanks at the end", () => {
    assert.equal(
      table(
        ["a", "long head"],
        [
          ["wide cell", ""],
          ["b", "c"],
        ],
      ),
      "A          LONG HEAD\nwide cell\nb          c\n",
    );
  });

  it("a row is a line, and leaves the terminal as it is, whatever a health check printed", () => {
    const note = "failed: \u001b[2K\u001b[1A7  deployed\n8  2026-11-21T10:00:00Z  rollout\r";
    const [, row, ...rest] = historyTable([{ ...entry, note }]).split("\n");
    assert.match(row ?? "", / {2}ann {2}failed: 7 deployed 8 2026-11-21T10:00:00Z rollout$/);
    assert.deepEqual(rest, [""]);
  });

  it("names who wanted a release beside the account that brought it", () => {
    const [, row] = historyTable([{ ...entry, action: "rollout", requestedBy: "eve@example.com" }]).split("\n");
    assert.match(row ?? "", / {2}eve@example\.com \(ann\) {2}orders fail$/);
  });

  it("history", () => {
    const failed: HistoryEntry = {
      ...entry,
      rollout: 6,
      action: "rollout",
      release: null,
      version: null,
      outcome: "refused",
      code: "owner_mismatch",
      note: "no",
    };
    assert.equal(
      historyTable([entry, { ...failed, code: "ok", outcome: "deployed" }, failed]),
      [
        "#  TIME                  ACTION    VERSION  RELEASE                        RESULT                           BY   NOTE",
        "7  2026-11-21T10:00:00Z  rollback  1.4.2    sha-abcdef1__20261121T100000Z  deployed (rolled_back_as_asked)  ann  orders fail",
        "6  2026-11-21T10:00:00Z  rollout   -        -                              deployed                         ann  no",
        "6  2026-11-21T10:00:00Z  rollout   -        -                              refused (owner_mismatch)         ann  no",
        "",
      ].join("\n"),
    );
  });

  it("status", () => {
    const status: Status = {
      contract: 1,
      host: "web1",
      program: "f".repeat(64),
      instances: [
        {
          instance: "blog-prod",
          environment: "prod",
          serving: null,
          since: null,
          version: null,
          unfinished: null,
          hosts: [],
          containers: [],
          lacks: [],
          last: null,
        },
        {
          instance: "news-prod",
          environment: "prod",
          serving: null,
          since: null,
          version: null,
          unfinished: { request: "rollback", rollout: 9, phase: "settle", release: "r9" },
          hosts: [],
          containers: [],
          lacks: [],
          last: null,
        },
        {
          instance: "shop-prod",
          environment: "prod",
          serving: { release: "r1", releaseId: "1".repeat(64), colour: "green" },
          since: "2026-11-21T10:00:00Z",
          version: "1.4.2",
          unfinished: { request: "rollout", rollout: 8, phase: "pull", release: "r8" },
          hosts: ["shop.example.com", "www.example.com"],
          containers: [
            {
              service: "api",
              part: "green",
              role: "web",
              state: "running",
              health: "healthy",
              digest: digest("a"),
              since: "2026-11-21T10:00:00.123456789Z",
              restarts: 0,
            },
            { service: "setup", part: "green", role: "job", state: "exited", health: null, digest: null, since: null, restarts: 0 },
          ],
          lacks: ["worker: 0 of 1 running; roll back"],
          last: entry,
        },
      ],
    };
    assert.equal(
      statusTable(status),
      [
        "web1, terrace ffffffffffff",
        "",
        "blog-prod: serves nothing",
        "",
        "news-prod: is between two releases",
        "  unfinished: rollback 9 to r9 is in settle, under way or interrupted",
        "",
        "shop-prod: r1 (version 1.4.2, green) since 2026-11-21T10:00:00Z",
        " !  worker: 0 of 1 running; roll back",
        "  unfinished: rollout 8 to r8 is in pull, under way or interrupted",
        "  routes: https://shop.example.com, https://www.example.com",
        "  last: rollback 7 deployed (rolled_back_as_asked) at 2026-11-21T10:00:00.123Z by ann",
        "  SERVICE  PART   ROLE  STATE              DIGEST               SINCE                 RESTARTS",
        "  api      green  web   running (healthy)  sha256:aaaaaaaaaaaa  2026-11-21T10:00:00Z  0",
        "  setup    green  job   exited             -                    -                     0",
        "",
      ].join("\n"),
    );
    assert.equal(statusTable({ ...status, instances: [] }), "web1, terrace ffffffffffff\nno instances\n");
  });
});
