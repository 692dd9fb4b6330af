import type { Context } from "../context.ts";
import type { Ending } from "../ending.ts";
import { admit } from "./admit.ts";
import { newCourse, phase, timed } from "./attempt.ts";
import type { Attempt } from "./attempt.ts";
import { alreadyRuns, deployed, refused, undone } from "./conclude.ts";
import { confirm } from "./confirm.ts";
import { handOver } from "./handover.ts";
import { health } from "./health.ts";
import type { Order } from "./order.ts";
import { prepare } from "./prepare.ts";
import { pull } from "./pull.ts";
import { reconcile } from "./reconcile.ts";
import { record } from "./record.ts";
import { smoke } from "./smoke.ts";
import { settle } from "./settle.ts";
import { start } from "./start.ts";
import { switchOver } from "./switch.ts";

/**
 * Replaces what an instance runs, without anybody outside noticing, or leaves it as it was. Call it under the instance's lease.
 *
 * Every phase up to the switch works on a colour that nobody sees; a failure removes it. From the switch on a failure gives the public
 * back to the old release, which runs until the new one has settled. Once recorded, nothing is taken back any more.
 */
export async function rollOut(order: Order, context: Context): Promise<Ending> {
  await reconcile(order.manifest.instance, context);
  const course = newCourse(context);
  let attempt: Attempt;
  try {
    const admission = await timed(context, course, "admit", () => admit(order, context));
    if (admission.kind === "unchanged") return alreadyRuns(admission.current);
    attempt = await timed(context, course, "prepare", () => prepare(order, admission, course, context));
  } catch (error) {
    return await refused(order, course, error, context);
  }
  try {
    await phase(attempt, "pull", pull);
    await phase(attempt, "start", start);
    await phase(attempt, "health", health);
    await phase(attempt, "smoke", smoke);
    await phase(attempt, "switch", switchOver);
    await phase(attempt, "confirm", confirm);
    await phase(attempt, "settle", settle);
    await phase(attempt, "handover", handOver);
    await phase(attempt, "record", ({ journal, manifest }) => record(journal, manifest, context));
  } catch (error) {
    return await undone(attempt, error);
  } finally {
    attempt.watch.close();
  }
  return await deployed(attempt);
}
