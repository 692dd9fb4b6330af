import assert from "node:assert/strict";
import { composeUp } from "../../../host/data/composeUp.ts";
import { serviceChanges } from "../../../host/data/dataServices.ts";
import { judgeData, stateWords } from "../../../host/data/judgeData.ts";
import type { Container } from "../../../host/docker/containers.ts";
import { uncoveredVolume } from "../../../host/docker/images.ts";

const container = (change: Partial<Container> & { service?: string } = {}): Container => ({
  id: "1",
  name: "shop-staging-data-redis-1",
  image: "",
  labels: { "dev.terrace.service": change.service ?? "redis" },
  status: "running",
  running: true,
  health: "healthy",
  healthLog: [],
  exitCode: 0,
  outOfMemory: false,
  error: "",
  pid: 1,
  restarts: 0,
  restartPolicy: "unless-stopped",
  networks: {},
  startedAt: "",
  finishedAt: "",
  ...change,
});

describe("a stateful service", () => {
  for (const [what, seen, restartsBefore, expected] of [
    ["is good when it is healthy", container(), 0, "good"],
    ["is good without a health check once it runs", container({ health: null }), 0, "good"],
    ["is waited for while it starts", container({ health: "starting" }), 0, undefined],
    ["is waited for while it is being restarted", container({ status: "restarting", running: false, restarts: 2 }), 0, undefined],
    [
      "is in trouble when it is restarted again and again",
      container({ status: "restarting", running: false, restarts: 3, exitCode: 1 }),
      0,
      "container_exited: exited with code 1 and was restarted 3 times",
    ],
    ["is not judged by restarts of long ago", container({ restarts: 9 }), 9, "good"],
    [
      "is in trouble when its check fails",
      container({ health: "unhealthy", healthLog: ["t exit 1: no"] }),
      0,
      "container_unhealthy: its health check failed (t exit 1: no)",
    ],
    [
      "is in trouble when memory ran out",
      container({ status: "exited", running: false, outOfMemory: true, exitCode: 137 }),
      0,
      "container_exited: was killed for want of memory",
    ],
    [
      "is in trouble when Docker could not start it",
      container({ status: "created", running: false, error: "no such file" }),
      0,
      "container_exited: no such file",
    ],
    ["is in trouble when it is gone", undefined, 0, "container_exited: was removed while it was starting"],
  ] as const) {
    it(what, () => {
      const answer = judgeData(seen, restartsBefore);
      assert.equal(answer?.kind === "bad" ? `${answer.code}: ${answer.what}` : answer?.kind, expected);
    });
  }

  it("that never got healthy is described by what was seen last", () => {
    assert.equal(
      stateWords(container({ health: "starting", healthLog: ["t exit 1: refused"] })),
      "is running, starting (t exit 1: refused)",
    );
    assert.equal(stateWords(undefined), "is gone");
  });

  it("counts as made, started or removed by what Docker shows, not by what was asked", () => {
    const map = (...containers: Container[]) => new Map(containers.map((each) => [each.id, each]));
    const before = map(
      container({ id: "1", service: "postgres" }),
      container({ id: "2", service: "redis" }),
      container({ id: "3", service: "neo4j", running: false }),
      container({ id: "4", service: "flower" }),
    );
    const after = map(
      container({ id: "1", service: "postgres" }),
      container({ id: "5", service: "redis" }),
      container({ id: "3", service: "neo4j" }),
      container({ id: "6", service: "minio" }),
    );
    assert.deepEqual(serviceChanges(before, after), { made: ["minio", "redis"], started: ["neo4j"], removed: ["flower"] });
    assert.deepEqual(serviceChanges(before, before), { made: [], started: [], removed: [] });
  });

  it("is refused when its image declares a volume that nothing covers", () => {
    assert.equal(uncoveredVolume({ volumes: ["/data/", "/var/lib/x"] }, ["/data"]), "/var/lib/x");
    assert.equal(uncoveredVolume({ volumes: ["/data/"] }, ["/data"]), undefined);
  });

  it("gets its secrets through the environment of one process, never its command line", () => {
    const call = { project: "shop-staging-data", file: "/srv/compose.yaml", secrets: { PASSWORD: "hunter2" }, timeoutSeconds: 90 };
    assert.deepEqual(composeUp(call), {
      argv: [
        "/usr/bin/docker",
        "--config=/nonexistent",
        "compose",
        "--project-name=shop-staging-data",
        "--file=/srv/compose.yaml",
        "--env-file=/dev/null",
        "up",
        "--detach",
        "--no-build",
        "--pull=never",
        "--remove-orphans",
        "--quiet-pull",
      ],
      environment: { PASSWORD: "hunter2" },
      timeoutSeconds: 90,
    });
  });
});
