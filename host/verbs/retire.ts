import { colours } from "../../contract/index.ts";
import type { RolloutRequest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { succeeded } from "../ending.ts";
import type { Ending } from "../ending.ts";
import { removeFile } from "../files.ts";
import { replaceRoutes } from "../ingress/replaceRoutes.ts";
import { membersOf, removeColour } from "../rollout/colour.ts";
import { keepSecretFilesOf } from "../rollout/secretFiles.ts";
import { nextNumber } from "../state/counter.ts";
import { readCurrent, removeCurrent } from "../state/current.ts";
import { appendHistory } from "../state/history.ts";
import { removeJournal } from "../state/journal.ts";
import { foreignOwner, readOwner, sameOwner } from "../state/owner.ts";
import { dataServicesLine, noteWithRemains, releasesLine } from "../state/remains.ts";
import { verb } from "../verb.ts";

/**
 * `terrace-retire`: takes an instance out of service when Pulumi deletes its rollout. The request is the one Pulumi keeps in state, so it
 * acts whatever release runs, as long as the owner is the same. Data, releases and secrets stay.
 */
export const retireVerb = verb({ accepts: "rollout", lease: ({ manifest }) => manifest.instance, run: retireInstance });

async function retireInstance({ manifest }: RolloutRequest, context: Context): Promise<Ending> {
  const { instance } = manifest;
  const record = await readOwner(context.paths, instance);
  if (record === undefined) return unchanged(instance, `${instance} is not known on this host; nothing to retire`);
  if (!sameOwner(record.owner, manifest.owner)) {
    return unchanged(instance, `${foreignOwner(instance, record.owner, manifest.owner)}; it was left as it is`);
  }
  const current = await readCurrent(context.paths, instance);
  const members = await Promise.all(colours.map((colour) => membersOf(context, instance, colour)));
  if (current === undefined && members.flat().length === 0) return unchanged(instance, `${instance} serves nothing; nothing to retire`);

  context.progress.step(`retire ${instance}`);
  // Out of routing first, and seen by Traefik, so that no request meets a container that is being stopped.
  await replaceRoutes(instance, undefined, context);
  for (const colour of colours) await removeColour(context, instance, colour);
  await keepSecretFilesOf(null, instance, context);
  await removeFile(context.paths.stackLink(instance));
  await removeCurrent(context.paths, instance);
  await removeJournal(context.paths, instance);

  const remains = [...(await dataServicesLine(instance, context)), ...(await releasesLine(instance, context))];
  for (const line of remains) context.progress.note(`stays: ${line}`);
  const what = `${instance} is out of service: ${current?.release ?? "what was left of it"} was stopped, its routes are closed`;
  const rollout = await nextNumber(context.paths, instance);
  await appendHistory(context.paths, instance, manifest.environment, {
    time: context.clock.now().toISOString(),
    rollout,
    action: "retire",
    release: current?.release ?? null,
    releaseId: current?.releaseId ?? null,
    version: current?.version ?? null,
    outcome: "deployed",
    code: "ok",
    note: noteWithRemains(what, remains),
    actor: context.actor,
  });
  return succeeded({ outcome: "deployed", code: "ok", what, instance, rollout });
}

function unchanged(instance: string, what: string): Ending {
  return succeeded({ outcome: "unchanged", code: "ok", what, instance });
}
