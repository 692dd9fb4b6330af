import { randomBytes } from "node:crypto";
import { colourProject, otherColour } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { composeFailure } from "../docker/compose.ts";
import { routerFileToKeep } from "../ingress/routerFile.ts";
import { routerFileText, targetOf } from "../ingress/routing.ts";
import { removeHalfWritten, writeRelease } from "../release/releaseDirectory.ts";
import { colourOverride, composeText } from "../release/composeFile.ts";
import type { Journal } from "../state/journal.ts";
import { claimInstance } from "../state/owner.ts";
import { readReleases, withRelease, writeReleases } from "../state/releases.ts";
import type { ReleaseRecord } from "../state/releases.ts";
import type { Admission } from "./admit.ts";
import { numberOf, warn } from "./attempt.ts";
import type { Attempt, Course, Standing } from "./attempt.ts";
import { removeColour } from "./colour.ts";
import { composeCommand } from "./compose.ts";
import { maskOf } from "./mask.ts";
import type { Mask } from "./mask.ts";
import { reasonOf } from "./order.ts";
import type { Order } from "./order.ts";
import { environmentSecrets } from "./secretValues.ts";
import { watchInstance } from "./watch.ts";

/** Writes the release down, clears the colour it will have, and lets compose judge the file. Nothing runs yet. */
export async function prepare(
  order: Order,
  { before, secrets }: Extract<Admission, { kind: "admitted" }>,
  course: Course,
  unmasked: Context,
): Promise<Attempt> {
  const { instance } = order.manifest;
  if (order.request === "rollout") await claimInstance(unmasked, instance, order.manifest.owner);
  const mask = maskOf(Object.values(secrets.values), order.manifest);
  const context = withMask(unmasked, mask);
  const number = await numberOf(course, instance, context);
  const { release, directory, releaseId } = await releaseOf(order, number, context);
  const colour = before === undefined ? "blue" : otherColour(before.current.colour);
  await removeColour(context, instance, colour);
  if (secrets.keptLatest.length > 0) {
    warn({ context, course, mask }, `these variables keep their latest value, as they are marked: ${secrets.keptLatest.join(", ")}`);
  }

  const project = colourProject(instance, colour);
  const override = composeText(colourOverride(order.manifest, colour, []));
  const call = { project, directory, override, secrets: environmentSecrets(order.manifest, secrets) };
  const checked = await context.execute(composeCommand(call, ["config", "--quiet"]));
  if (checked.exitCode !== 0) throw composeFailure(checked, mask);

  const token = newToken();
  const journal: Journal = {
    instance,
    rollout: number,
    request: order.request,
    phase: "prepare",
    release,
    releaseId,
    colour,
    epoch: order.epoch,
    startedAt: course.startedAt.toISOString(),
    actor: context.actor,
    reason: reasonOf(order),
    before: before?.current ?? null,
    routerFile: (await routerFileToKeep(context.paths, instance, () => routesOf(instance, before))) ?? null,
    token,
  };
  const watch = await watchInstance(context, instance);
  return {
    context,
    order,
    course,
    instance,
    manifest: order.manifest,
    number,
    release,
    directory,
    releaseId,
    colour,
    before,
    token,
    secrets,
    mask,
    watch,
    journal,
    members: [],
    publicBefore: undefined,
    servedAt: undefined,
  };
}

/** A rollout writes a new release; a rollback goes to one that is here, which `readRelease` has found unchanged. */
async function releaseOf(
  order: Order,
  number: number,
  context: Context,
): Promise<{ release: string; directory: string; releaseId: string }> {
  const { manifest, releaseId } = order;
  if (order.request === "rollback") {
    const { release } = order.record;
    return { release, directory: context.paths.release(manifest.instance, release), releaseId };
  }
  await removeHalfWritten(context.paths, manifest.instance);
  const { release, directory, seal } = await writeRelease(context.paths, manifest, context.clock.now());
  const { version, commit } = manifest.provenance;
  const record: ReleaseRecord = {
    release,
    releaseId,
    rollout: number,
    seal,
    version,
    commit,
    secrets: manifest.release.secrets,
    proven: false,
    before: null,
  };
  await writeReleases(context.paths, manifest.instance, withRelease(await readReleases(context.paths, manifest.instance), record));
  return { release, directory, releaseId };
}

/** Routes of what serves, under a token that nobody knows. */
function routesOf(instance: string, before: Standing | undefined): string | undefined {
  if (before === undefined) return undefined;
  const { manifest, current } = before;
  const serving = targetOf(manifest, current.releaseId, current.colour);
  return routerFileText({ instance, serving, candidate: undefined, token: newToken() });
}

function newToken(): string {
  return randomBytes(24).toString("hex");
}

/** From here on, no known secret value leaves the program in its progress lines. */
function withMask(context: Context, mask: Mask): Context {
  const { progress } = context;
  return {
    ...context,
    progress: {
      step: (title) => progress.step(mask(title)),
      note: (line) => progress.note(mask(line)),
      warn: (line) => progress.warn(mask(line)),
    },
  };
}
