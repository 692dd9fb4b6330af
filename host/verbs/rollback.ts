import type { RollbackRequest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import type { Ending } from "../ending.ts";
import { readRelease } from "../release/releaseDirectory.ts";
import { reconcile } from "../rollout/reconcile.ts";
import { rollOut } from "../rollout/rollout.ts";
import { readCurrent } from "../state/current.ts";
import { readReleases, rollbackTarget } from "../state/releases.ts";
import { verb } from "../verb.ts";

/**
 * `terrace rollback`: runs an earlier release again, whole: digests, compose file, configuration, routes and secrets, from what this host
 * holds. Neither the registry nor the secret store is asked.
 */
export const rollbackVerb = verb({ accepts: "rollback", lease: ({ instance }) => instance, run: rollBack });

async function rollBack({ instance, target, reason, requestedBy }: RollbackRequest, context: Context): Promise<Ending> {
  // What an interrupted rollout left decides what "one step back" means.
  await reconcile(instance, context);
  const current = await readCurrent(context.paths, instance);
  if (current === undefined) throw new Failure("refused", "no_such_instance", `${instance} serves nothing on this host`);
  const wanted = rollbackTarget(await readReleases(context.paths, instance), current.release, target);
  if (wanted.kind === "absent") throw new Failure("refused", "no_rollback_target", wanted.what);
  const { record } = wanted;
  context.progress.note(`rolling back from ${current.release} to ${record.release} (version ${record.version})`);
  const manifest = await readRelease(context.paths, instance, record);
  const { releaseId } = record;
  return await rollOut({ request: "rollback", manifest, releaseId, epoch: current.epoch, record, reason, requestedBy }, context);
}
