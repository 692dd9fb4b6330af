import type { Verdict } from "../../contract/index.ts";
import { Failure } from "../ending.ts";
import { probeHeader } from "../ingress/routing.ts";
import { showing, signpost } from "./ask.ts";
import { warn } from "./attempt.ts";
import type { Attempt } from "./attempt.ts";
import { membersOf, setPolicies, withRole } from "./colour.ts";
import { publicVerdict } from "./publicVerdict.ts";
import { servingText } from "./switch.ts";

/** Traefik must show the new release, and the host's own :443 must answer with it. Then the old one loses its restart policy. */
export async function confirm(attempt: Attempt): Promise<string> {
  const { context, instance, course, before } = attempt;
  const text = servingText(attempt);
  if (text !== undefined) await context.ingress.confirmed(instance, text);
  attempt.servedAt = context.clock.elapsed();
  course.local = decided(attempt, await localVerdict(attempt));
  if (before !== undefined) {
    await setPolicies(context, withRole(await membersOf(context, instance, before.current.colour), "web"), "no");
  }
  const { verdict, doubt } = await publicVerdict(attempt);
  course.public = decided(attempt, verdict);
  course.doubt = doubt;
  if (course.public.result === "warning") warn(attempt, course.public.note);
  return course.local.note;
}

function decided({ mask }: Attempt, verdict: Verdict): Verdict {
  if (verdict.result === "failed") throw new Failure("aborted", "switch_not_confirmed", verdict.note);
  return { ...verdict, note: mask(verdict.note) };
}

/** The verdict that decides: every route is asked over the loopback with the probe's token, so that no cache and no edge has a say. */
export async function localVerdict(attempt: Pick<Attempt, "manifest" | "releaseId" | "token" | "mask">): Promise<Verdict> {
  const { manifest, releaseId, token, mask } = attempt;
  const post = signpost(manifest);
  if (post === undefined) return { result: "skipped", note: "the release has no routes" };
  const header = { [probeHeader]: token };
  for (const route of manifest.release.routes) {
    const { fault } = await showing({ route, path: route.pathPrefix, echoes: false }, releaseId, header, mask);
    if (fault !== undefined) return { result: "failed", note: `route ${route.name}: ${fault}` };
  }
  if (!post.echoes) return { result: "passed", note: "routing proven, code proven by container digest only" };
  const { fault } = await showing(post, releaseId, header, mask);
  if (fault !== undefined) return { result: "failed", note: `release echo: ${fault}` };
  return { result: "passed", note: `${post.route.host}${post.path} answers with the release id` };
}
