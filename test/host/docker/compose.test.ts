import assert from "node:assert/strict";
import { composeFailure } from "../../../host/docker/compose.ts";
import { Failure } from "../../../host/ending.ts";
import { reasons } from "../../../contract/index.ts";
import { handOver } from "../../../host/rollout/handover.ts";
import { DockerError } from "../../../host/docker/transport.ts";
import { attemptOn, bothColours, testContext } from "../rollout/world.ts";

describe("host/docker/compose: whose fault it is", () => {
  const hide = (text: string): string => text.replaceAll("hunter2", "•••");

  for (const [stderr, timedOut, code, what] of [
    [
      'time="2026-11-21T10:00:00Z" level=warning msg="a word"\nservices.api.image must be a string\n',
      false,
      "compose_invalid",
      "services.api.image must be a string",
    ],
    [" Container shop-prod-green-api-1  Creating\nno such user: hunter2\n", false, "compose_invalid", "no such user: •••"],
    [
      " Container shop-prod-green-api-1  Error\nmkdir /var/lib/docker/overlay2/1: no space left on device\n",
      false,
      "disk_low",
      "mkdir /var/lib/docker/overlay2/1: no space left on device",
    ],
    [
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
      false,
      "docker_unreachable",
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    ],
    ["", true, "docker_unreachable", "docker compose was not done in time: docker compose said nothing"],
  ] as const) {
    it(`${code}: ${what}`, () => {
      const failure = composeFailure({ stderr, timedOut }, hide);
      assert.ok(failure instanceof Failure);
      assert.deepEqual([failure.outcome, failure.code, failure.message], ["aborted", code, what]);
      assert.equal(reasons[failure.code].fault === "release", code === "compose_invalid");
    });
  }

  it("is the caller's to say for what was not done in time", () =>
    assert.equal(composeFailure({ stderr: "", timedOut: true }, hide, "health_timeout").code, "health_timeout"));

  it("is not the release's where Docker has no room to start its container", async () => {
    const context = await testContext();
    bothColours(context.docker);
    context.docker.start = () => Promise.reject(new DockerError(500, "write /run/x: no space left on device"));
    await assert.rejects(handOver(await attemptOn(context)), { code: "disk_low" });
    context.docker.start = () => Promise.reject(new DockerError(400, 'exec: "x": executable file not found'));
    await assert.rejects(handOver(await attemptOn(context)), { code: "container_exited" });
  });
});
