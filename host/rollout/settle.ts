import { Failure } from "../ending.ts";
import type { Attempt } from "./attempt.ts";
import { withRole } from "./colour.ts";
import { localVerdict } from "./confirm.ts";
import { judgeSteady } from "./judge.ts";

/** Watches the new release serve for a while: a container that dies or turns unhealthy under real traffic condemns it. */
export async function settle(attempt: Attempt): Promise<string> {
  const seconds = attempt.manifest.release.strategy.settleSeconds;
  await Promise.all(
    withRole(attempt.members, "web").map(async (member) => {
      const judgement = await attempt.watch.until(member.id, judgeSteady, seconds * 1000);
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
