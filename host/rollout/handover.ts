import type { AppRole } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { everyOne } from "../everyOne.ts";
import type { Attempt } from "./attempt.ts";
import { endAll, inspect, membersOf, setPolicies, withRole } from "./colour.ts";
import type { Member } from "./colour.ts";
import { judgeHealth } from "./judge.ts";
import { startInOrder, untilGood } from "./start.ts";

const background: readonly AppRole[] = ["worker", "singleton"];

/**
 * Hands over what works in the background. Old workers get their stop signal and their grace and end; then the new ones start. Singletons
 * come one after the other, and a new one starts only when Docker shows that every old one has ended: never two at once.
 */
export async function handOver(attempt: Attempt): Promise<string> {
  const { context, instance, before } = attempt;
  const next = withRole(attempt.members, ...background);
  const old = before === undefined ? [] : withRole(await membersOf(context, instance, before.current.colour), ...background);
  if (next.length === 0 && old.length === 0) return "nothing to hand over";
  const [, gaps] = await everyOne([handOverWorkers(attempt, old, next), handOverSingletons(attempt, old, next)]);
  return [`${next.length} started, ${old.length} ended`, ...(gaps ?? [])].join("; ");
}

async function handOverWorkers(attempt: Attempt, old: readonly Member[], next: readonly Member[]): Promise<string[]> {
  await endAll(attempt.context, withRole(old, "worker"));
  await begin(attempt, withRole(next, "worker"));
  return [];
}

/** Returns how long each of them did not run. One that the new release no longer has ends first. */
async function handOverSingletons(attempt: Attempt, old: readonly Member[], next: readonly Member[]): Promise<string[]> {
  const { context } = attempt;
  const [leaving, coming] = [withRole(old, "singleton"), withRole(next, "singleton")];
  const stay = new Set(coming.map(({ service }) => service));
  await endAll(
    context,
    leaving.filter(({ service }) => !stay.has(service)),
  );
  const gaps: string[] = [];
  for (const service of stay) {
    const [before, after] = [leaving, coming].map((members) => members.filter((member) => member.service === service));
    await endAll(context, before ?? []);
    await begin(attempt, after ?? []);
    gaps.push(await gapNote(context, service, before ?? [], after ?? []));
  }
  return gaps;
}

async function begin(attempt: Attempt, members: readonly Member[]): Promise<void> {
  await startInOrder(attempt, members);
  await Promise.all(members.map((member) => untilGood(attempt, member, judgeHealth)));
  // Only now: Docker would start one that ends at once over and over, and its first exit would go unseen.
  await setPolicies(attempt.context, members, "unless-stopped");
}

/** How long no container of a singleton ran, by Docker's own times. */
async function gapNote(
  context: Pick<Context, "docker">,
  service: string,
  leaving: readonly Member[],
  coming: readonly Member[],
): Promise<string> {
  const ended = (await inspect(context, leaving)).map(({ container }) => Date.parse(container.finishedAt));
  const began = (await inspect(context, coming)).map(({ container }) => Date.parse(container.startedAt));
  if (ended.length === 0 || began.length === 0) return `${service}: ran nowhere before`;
  const gap = (Math.min(...began) - Math.max(...ended)) / 1000;
  return `${service}: none ran for ${gap.toFixed(2)} s`;
}
