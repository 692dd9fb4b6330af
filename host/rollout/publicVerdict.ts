import type { Verdict } from "../../contract/index.ts";
import { probeHeader } from "../ingress/routing.ts";
import { publicWay, signpost, signpostFault } from "./ask.ts";
import type { Attempt } from "./attempt.ts";

/** How long the public side may take to show the new release: name servers, an edge's connections to us. */
const publicSeconds = 10;
const pauseMilliseconds = 500;

/** Whether the public way was good just before the switch: only then may it judge what comes after. */
export type PublicBefore = { readonly kind: "good" } | { readonly kind: "unproven"; readonly why: string };

/** Asks for what serves until now, in exactly the way that will be used after the switch. */
export async function publicFaultBefore({ context, before, token }: Attempt): Promise<PublicBefore> {
  const post = before === undefined ? undefined : signpost(before.manifest);
  if (before === undefined || post === undefined) return { kind: "unproven", why: "nothing was served before" };
  const fault = await signpostFault(post, before.current.releaseId, { [probeHeader]: token }, await publicWay(context, post.route));
  return fault === undefined ? { kind: "good" } : { kind: "unproven", why: `before the switch it failed too: ${fault}` };
}

/**
 * The verdict of the public name. It condemns the release only if the same question was answered well just before the switch: an outage of
 * the edge, a cached page, a challenge or a name that is not known yet says nothing about the release.
 */
export async function publicVerdict({ context, manifest, releaseId, token, publicBefore }: Attempt): Promise<Verdict> {
  const post = signpost(manifest);
  if (post === undefined) return { result: "skipped", note: "the release has no routes" };
  const way = await publicWay(context, post.route);
  const started = context.clock.elapsed();
  for (;;) {
    const fault = await signpostFault(post, releaseId, { [probeHeader]: token }, way);
    if (fault === undefined) return { result: "passed", note: `https://${post.route.host}${post.path} shows the new release` };
    if (publicBefore?.kind !== "good" || context.clock.elapsed() - started > publicSeconds * 1000) {
      const note = `https://${post.route.host}${post.path} does not show the new release: ${fault}`;
      return publicBefore?.kind === "good"
        ? { result: "failed", note }
        : { result: "warning", note: `${note} (${publicBefore?.why ?? "it was not asked before the switch"})` };
    }
    await context.clock.pause(pauseMilliseconds);
  }
}
