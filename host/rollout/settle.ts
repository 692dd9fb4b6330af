import { Failure } from "../ending.ts";
import type { Attempt } from "./attempt.ts";
import { inspect, withRole } from "./colour.ts";
import { localVerdict } from "./confirm.ts";
import { judgeSteady } from "./judge.ts";

/** Watches the new release serve for a while: a container that dies or turns unhealthy under real traffic condemns it. */
export async function settle(attempt: Attempt): Promise<string> {
  const seconds = attempt.manifest.release.strategy.settleSeconds;
  const web = await inspect(attempt.context, withRole(attempt.members, "web"));
  await Promise.all(
    web.map(async ({ member, container }) => {
      const judgement = await attempt.watch.until(member.id, judgeSteady(container.restarts), seconds * 1000);
      if (judgement !== "timeout" && judgement.kind === "bad") {
        throw new Failure("aborted", "settle_failed", `${member.service}: ${judgement.what} after it had begun to serve`);
      }
    }),
  );
  // An ingress that is gone says nothing about the release.
  if (attempt.manifest.release.routes.length > 0) await attempt.context.ingress.view();
  const verdict = await localVerdict(attempt);
  if (verdict.result === "failed") throw new Failure("aborted", "settle_failed", verdict.note);
  return `${seconds} s watched`;
}
