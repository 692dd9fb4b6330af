import type { Colour, Manifest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { inspect, membersOf } from "./colour.ts";

/**
 * What a release that serves lacks, a sentence each: containers that somebody stopped or removed, which nothing brings back by itself. While
 * an attempt is unfinished (`isUnfinished`) its background services may rightly be the other colour's.
 */
export async function lacks(
  manifest: Manifest,
  colour: Colour,
  isUnfinished: boolean,
  context: Pick<Context, "docker">,
): Promise<string[]> {
  const looked = await inspect(context, await membersOf(context, manifest.instance, colour));
  return Object.entries(manifest.release.services).flatMap(([service, { role }]) => {
    if (role === "job" || (isUnfinished && role !== "web")) return [];
    const wanted = manifest.release.runtime.document.services[service]?.scale ?? 1;
    const running = looked.filter(({ member, container }) => member.service === service && container.running).length;
    return running >= wanted ? [] : [`${service}: ${running} of ${wanted} running; ${remedy(manifest)}`];
  });
}

function remedy({ app }: Manifest): string {
  return `to make it whole roll out another build, roll back, or raise apps.${app}.epoch for the same one`;
}
