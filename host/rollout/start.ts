import { colourProject, dataProject, networkAlias } from "../../contract/index.ts";
import { composeFailure } from "../docker/compose.ts";
import { DockerError } from "../docker/transport.ts";
import { Failure, causeOf } from "../ending.ts";
import { everyOne } from "../everyOne.ts";
import { ingressNetwork } from "../ingress/api.ts";
import { colourOverride, composeText, label } from "../release/composeFile.ts";
import type { SecretFile } from "../release/composeFile.ts";
import { provideSecretFiles } from "../secrets/secretFiles.ts";
import type { Attempt } from "./attempt.ts";
import { inspect, membersOf, standDown, withRole } from "./colour.ts";
import type { Member } from "./colour.ts";
import { composeCommand } from "./compose.ts";
import { inOrder } from "./inOrder.ts";
import { judgeHealth, judgeJob } from "./judge.ts";
import type { Judge } from "./judge.ts";
import { environmentSecrets } from "./secretValues.ts";

/** Creates the new colour, ties it to the shared networks, runs its jobs and starts its web services. */
export async function start(attempt: Attempt): Promise<string> {
  await dataServicesHealthy(attempt);
  await createColour(attempt);
  await joinNetworks(attempt);
  await startInOrder(attempt, withRole(attempt.members, "job"));
  await stopRecreated(attempt);
  await startInOrder(attempt, withRole(attempt.members, "web"));
  return `${withRole(attempt.members, "web").length} containers of colour ${attempt.colour}`;
}

/** The one `docker compose create` of a colour. From here on its containers are only started, stopped and removed, by id. */
async function createColour(attempt: Attempt): Promise<void> {
  const { context, instance, manifest, colour, directory } = attempt;
  const override = composeText(colourOverride(manifest, colour, await secretFiles(attempt)));
  const call = { project: colourProject(instance, colour), directory, override, secrets: environmentSecrets(manifest, attempt.secrets) };
  const created = await context.execute(composeCommand(call, ["create", "--no-build", "--pull=never"]));
  if (created.exitCode !== 0) throw composeFailure(created, attempt.mask);
  attempt.members = await membersOf(context, instance, colour);
  for (const [service, { scale }] of Object.entries(manifest.release.runtime.document.services)) {
    const count = attempt.members.filter((member) => member.service === service).length;
    if (count !== (scale ?? 1)) throw new Error(`${service}: docker compose created ${count} containers, not ${scale ?? 1}`);
  }
  attempt.course.images = await imagesOf(attempt);
  const other = attempt.course.images.find(({ expected, running }) => expected !== running);
  if (other !== undefined) throw new Error(`${other.service}: was created from ${other.running ?? "nothing"}, not from ${other.expected}`);
}

/** Secrets delivered as files must lie there before the containers that mount them are created. */
async function secretFiles({ context, instance, manifest, secrets }: Attempt): Promise<SecretFile[]> {
  const wanted = Object.entries(manifest.release.services).flatMap(([service, plan]) =>
    plan.secrets.file.map((name) => ({ service, name })),
  );
  const fingerprint = manifest.release.secrets;
  if (wanted.length === 0 || fingerprint === null) return [];
  const sources = Object.fromEntries(wanted.map(({ name }) => [name, secrets.sources[name] ?? fingerprint]));
  const paths = await provideSecretFiles(context, { instance, fingerprint, sources });
  return wanted.map(({ service, name }) => ({ service, name, source: paths[name] ?? "" }));
}

async function imagesOf({ context, manifest, members }: Attempt): Promise<Attempt["course"]["images"]> {
  const looked = await inspect(context, members);
  return Object.entries(manifest.release.runtime.document.services).map(([service, { image }]) => ({
    service,
    expected: image,
    running: looked.find(({ member }) => member.service === service)?.container.image ?? null,
  }));
}

/** Shared networks know a container by a name of its colour only: on its bare name, two colours would answer for each other. */
async function joinNetworks({ context, instance, manifest, colour, members }: Attempt): Promise<void> {
  const { docker } = context;
  const routed = new Set(manifest.release.routes.map(({ service }) => service));
  const hasData = (await docker.network(dataProject(instance))) !== undefined;
  await everyOne(
    members.map(async ({ id, service, replica }) => {
      const aliases = [networkAlias(instance, colour, service, replica)];
      if (hasData) await docker.connect(dataProject(instance), id, aliases);
      if (routed.has(service)) await docker.connect(ingressNetwork, id, aliases);
    }),
  );
}

/** A `depends_on` across documents: nothing of ours starts before the stateful services that it needs are healthy. */
async function dataServicesHealthy({ context, instance, manifest, watch }: Attempt): Promise<void> {
  const wanted = [...new Set(Object.values(manifest.release.services).flatMap(({ waitFor }) => waitFor))];
  if (wanted.length === 0) return;
  const present = await context.docker.containers({ [label.instance]: instance, [label.part]: "data" });
  await Promise.all(
    wanted.map(async (service) => {
      const container = present.find(({ labels }) => labels[label.service] === service);
      if (container === undefined)
        throw new Failure("aborted", "dependency_down", `${service}: there is no such data service of ${instance}`);
      const judgement = await watch.until(container.id, judgeDependency, milliseconds(manifest.release.strategy.healthTimeoutSeconds));
      if (judgement === "timeout") throw new Failure("aborted", "dependency_down", `${service}: did not become healthy in time`);
      if (judgement.kind === "bad") throw new Failure("aborted", "dependency_down", `${service}: ${judgement.what}`);
    }),
  );
}

/** Data services come and go by themselves; only health counts, so restarts and bad health are waited for until the time is up. */
const judgeDependency: Judge = (container) =>
  container?.running === true && (container.health === "healthy" || container.health === null) ? { kind: "good", container } : undefined;

/** Services that cannot run twice at once stop now: downtime that the compose file declares by `update: recreate`. */
async function stopRecreated(attempt: Attempt): Promise<void> {
  const { context, before, manifest } = attempt;
  if (before === undefined) return;
  const recreated = new Set(
    Object.entries(manifest.release.services).flatMap(([name, { role, update }]) =>
      role === "web" && update === "recreate" ? [name] : [],
    ),
  );
  const old = (await membersOf(context, attempt.instance, before.current.colour)).filter(({ service }) => recreated.has(service));
  if (old.length === 0) return;
  context.progress.note(`stopping ${old.map(({ name }) => name).join(", ")}: ${[...recreated].join(", ")} cannot run twice at once`);
  await standDown(context, old);
}

/** Starts containers of one role, each after what it depends on; a job counts as started when it has ended well. */
export async function startInOrder(attempt: Attempt, members: readonly Member[]): Promise<void> {
  const { services } = attempt.manifest.release.runtime.document;
  const names = [...new Set(members.map(({ service }) => service))];
  await inOrder(
    names,
    (name) => Object.keys(services[name]?.depends_on ?? {}).filter((dependency) => names.includes(dependency)),
    async (name) => {
      const own = members.filter(({ service }) => service === name);
      await Promise.all(own.map((member) => startMember(attempt, member)));
      const role = own[0]?.role;
      const awaited = names.some((other) => services[other]?.depends_on?.[name]?.condition === "service_healthy");
      if (role === "job") await Promise.all(own.map((member) => untilGood(attempt, member, judgeJob)));
      else if (awaited) await Promise.all(own.map((member) => untilGood(attempt, member, judgeHealth)));
    },
  );
}

async function startMember({ context }: Attempt, member: Member): Promise<void> {
  try {
    await context.docker.start(member.id);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    // Docker refuses what the image cannot do (no such program, no such user); the daemon's words are the best there are.
    const code = causeOf(error).code === "disk_low" ? "disk_low" : "container_exited";
    throw new Failure("aborted", code, `${member.service}: ${error.message}`, { cause: error });
  }
}

/** Waits for a verdict on a container. Throws `Failure` with the judge's code, or `health_timeout`. */
export async function untilGood(attempt: Attempt, member: Member, judge: Judge): Promise<void> {
  const seconds = attempt.manifest.release.strategy.healthTimeoutSeconds;
  const judgement = await attempt.watch.until(member.id, judge, milliseconds(seconds));
  if (judgement === "timeout") {
    const what = judge === judgeJob ? `did not end within ${seconds} s` : `was not healthy after ${seconds} s`;
    throw new Failure("aborted", judge === judgeJob ? "job_failed" : "health_timeout", `${member.service}: ${what}`);
  }
  if (judgement.kind === "bad") throw new Failure("aborted", judgement.code, `${member.service}: ${judgement.what}`);
}

function milliseconds(seconds: number): number {
  return seconds * 1000;
}
