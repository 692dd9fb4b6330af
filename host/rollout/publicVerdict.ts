import { randomBytes } from "node:crypto";
import type { Verdict } from "../../contract/index.ts";
import { probeHeader } from "../ingress/routing.ts";
import { publicWay, showing, signpost } from "./ask.ts";
import type { Showing, Signpost } from "./ask.ts";
import type { Attempt } from "./attempt.ts";

/** How long the public side may take to show the new release: name servers, an edge's connections to us. */
const publicSeconds = 10;
const pauseMilliseconds = 500;

/** Whether the public way was good just before the switch: only then may it judge what comes after. */
export type PublicBefore =
  { readonly kind: "good" } | { readonly kind: "unproven"; readonly why: string; /** The same in a few words. */ readonly short: string };

/** What the public name says, and in a few words why it could not confirm a release that is deployed all the same. */
export interface PublicAnswer {
  readonly verdict: Verdict;
  readonly doubt: string | undefined;
}

/** Asks for what serves until now, in exactly the way that will be used after the switch. */
export async function publicBefore(attempt: Attempt): Promise<PublicBefore> {
  const { before } = attempt;
  const post = before === undefined ? undefined : signpost(before.manifest);
  if (before === undefined || post === undefined)
    return { kind: "unproven", why: "nothing was served before", short: "nothing was served before" };
  const { fault } = await askPublicly(attempt, post, before.current.releaseId);
  return fault === undefined
    ? { kind: "good" }
    : { kind: "unproven", why: `before the switch it failed too: ${fault}`, short: "before the switch too" };
}

/**
 * The verdict of the public name. It condemns the release only if the same question was answered well just before the switch: an outage of
 * the edge, a challenge or a name that is not known yet says nothing about the release. Neither does an answer of the old release: Traefik
 * has confirmed the new one, so somebody on the way remembers.
 */
export async function publicVerdict(attempt: Attempt): Promise<PublicAnswer> {
  const { context, manifest, releaseId, before } = attempt;
  const post = signpost(manifest);
  if (post === undefined) return { verdict: { result: "skipped", note: "the release has no routes" }, doubt: undefined };
  const started = context.clock.elapsed();
  for (;;) {
    const shown = await askPublicly(attempt, post, releaseId);
    if (shown.fault === undefined)
      return { verdict: { result: "passed", note: `${address(post)} shows the new release` }, doubt: undefined };
    const decides = attempt.publicBefore?.kind === "good";
    if (!decides || context.clock.elapsed() - started > publicSeconds * 1000) {
      const note = `${address(post)} does not show the new release: ${shown.fault}`;
      const seen = shown.status === undefined ? "no answer" : `status ${shown.status}`;
      if (attempt.publicBefore?.kind === "unproven") {
        const { why, short } = attempt.publicBefore;
        return { verdict: { result: "warning", note: `${note} (${why})` }, doubt: `${seen}, ${short}` };
      }
      if (shown.seen !== undefined && shown.seen === before?.current.releaseId) {
        const memory = "the old release was answered from memory on the way";
        return { verdict: { result: "warning", note: `${note} (${memory})` }, doubt: memory };
      }
      return { verdict: { result: "failed", note }, doubt: undefined };
    }
    await context.clock.pause(pauseMilliseconds);
  }
}

/** Each time with another query, which most caches take for another page. */
async function askPublicly({ context, token, mask }: Attempt, post: Signpost, releaseId: string): Promise<Showing> {
  const path = `${post.path}?terrace-probe=${randomBytes(6).toString("hex")}`;
  return showing({ ...post, path }, releaseId, { [probeHeader]: token }, mask, await publicWay(context, post.route));
}

function address({ route, path }: Signpost): string {
  return `https://${route.host}${path}`;
}
