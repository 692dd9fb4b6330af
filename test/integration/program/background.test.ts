import assert from "node:assert/strict";
import { parse } from "yaml";
import { shell } from "../../../sandbox/index.ts";
import { readDeclaredStackFile } from "../../../src/settings/stackFile.ts";
import { type JobRun, withJobs } from "../support/jobs.ts";
import type { Pulumi } from "../support/pulumi.ts";
import { hasten, publicRelease, publish } from "../support/release.ts";
import { longestGap, sampled } from "../support/sampler.ts";
import { world, type World } from "../support/world.ts";

const host = "api.staging.truealpha.test";
const app = "truealpha";

describe("workers and schedulers over rollouts", () => {
  let here: World;
  let pulumi: Pulumi;
  /** Longest time without a beat that the settings allow: the old one may take its grace, the new one its health timeout. Seconds. */
  let bound: number;

  /** Does something to the release while jobs come in and Docker is asked who runs the schedule. */
  const observed = async <T>(what: string, work: () => Promise<T>) => {
    const { result, samples } = await sampled(here, "staging", `${app}-staging`, "beat", () => withJobs(here, host, work));
    const beats = new Set(samples.flatMap(({ running }) => running));
    const gap = longestGap(samples);
    process.stdout.write(
      `      ${what}: ${samples.length} samples, ${result.ids.length} jobs, ${beats.size} beats, longest time with none ${gap.toFixed(2)} s (bound ${bound} s)\n`,
    );
    assert.equal(samples.filter(({ running }) => running.length > 1).length, 0, "samples with more than one beat");
    assert.ok(gap <= bound, `no beat for ${gap} s`);
    return { ...result, beats, gap };
  };
  /** Every job once, and none by anybody else. */
  const assertRunBy = (ids: readonly string[], runs: readonly JobRun[], ...workers: readonly Omit<JobRun, "id">[]): void => {
    assert.ok(ids.length > 10, `only ${ids.length} jobs came in`);
    assert.deepEqual(runs.map(({ id }) => id).sort(), [...ids].sort());
    const others = runs.filter(({ release, version }) => !workers.some((one) => one.release === release && one.version === version));
    assert.deepEqual(others, []);
  };

  before(async () => {
    here = await world();
    pulumi = await here.pulumi("staging");
    await hasten(here, "staging");
    await pulumi.ok("up", "--yes", "--skip-preview");
    const compose = parse(await here.checkout.read(`apps/${app}/compose.yaml`), { merge: true }) as {
      services: { beat: { stop_grace_period: string } };
    };
    const grace = /^(\d+)s$/.exec(compose.services.beat.stop_grace_period)?.[1];
    const timeout = readDeclaredStackFile("staging", here.checkout.directory).apps[app]?.strategy.healthTimeoutSeconds;
    assert.ok(grace !== undefined && timeout !== undefined);
    bound = Number(grace) + timeout;
  });

  it("a release that fails before the hand-over takes no job, and the schedule goes on", async () => {
    const old = { release: await publicRelease(here, host), version: "v1" };
    await publish(here, "smoke-fails", "v2");
    const { result, ids, runs, beats, gap } = await observed("rollout that fails", () => pulumi.run("up", "--yes", "--skip-preview"));
    assert.match(result.output, /terrace: aborted \(smoke_failed\)/);
    assertRunBy(ids, runs, old);
    assert.equal(beats.size, 1);
    assert.equal(gap, 0);
  });

  it("a good rollout hands both over: every job once, never two beats", async () => {
    const old = { release: await publicRelease(here, host), version: "v1" };
    await publish(here, "v41", "v2");
    const { ids, runs, beats } = await observed("good rollout", () => pulumi.ok("up", "--yes", "--skip-preview"));
    const next = { release: await publicRelease(here, host), version: "v2" };
    assert.notEqual(next.release, old.release);
    assertRunBy(ids, runs, old, next);
    // What shows above that the failed one took none must be able to show that this one did.
    assert.ok(
      runs.some(({ version }) => version === "v2"),
      "the new worker took no job",
    );
    assert.equal(beats.size, 2);
  });

  it("and so does a rollback", async () => {
    const old = { release: await publicRelease(here, host), version: "v2" };
    const { result, ids, runs, beats } = await observed("rollback", () =>
      shell(here.sandbox.server("staging"), `/opt/terrace/bin/terrace rollback ${app}-staging --reason 'the new worker is slow'`),
    );
    assert.equal(result.exitCode, 0, result.stderr);
    assertRunBy(ids, runs, old, { release: await publicRelease(here, host), version: "v1" });
    assert.equal(beats.size, 2);
  });
});
