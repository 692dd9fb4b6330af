import { replaceLink } from "../files.ts";
import { writeRouterFile } from "../ingress/routerFile.ts";
import { routerFileText } from "../ingress/routing.ts";
import { newTarget, routing } from "./attempt.ts";
import type { Attempt } from "./attempt.ts";
import { setPolicies, withRole } from "./colour.ts";
import { publicBefore } from "./publicVerdict.ts";

/** Gives the public to the new release: restart policy first, then Traefik's file, then the link for people. */
export async function switchOver(attempt: Attempt): Promise<string> {
  const { context, instance } = attempt;
  attempt.publicBefore = await publicBefore(attempt);
  await setPolicies(context, withRole(attempt.members, "web"), "unless-stopped");
  await writeRouterFile(context.paths, instance, servingText(attempt));
  await replaceLink(context.paths.stackLink(instance), attempt.directory);
  return `${attempt.release} (${attempt.colour})`;
}

/** Traefik's file once the new release serves alone; `undefined` for an instance without routes. */
export function servingText(attempt: Attempt): string | undefined {
  return routerFileText(routing(attempt, { serving: newTarget(attempt), candidate: undefined }));
}
