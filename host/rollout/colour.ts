import type { AppRole, Colour } from "../../contract/index.ts";
import { colourProject } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import type { Container, RestartPolicy } from "../docker/containers.ts";
import { label } from "../release/composeFile.ts";

/** A container of one colour of an instance. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly role: AppRole;
  /** Compose's number, beginning with 1. */
  readonly replica: number;
}

type Reach = Pick<Context, "docker">;

/** Containers of a colour, in whatever state, ordered by service and number. */
export async function membersOf({ docker }: Reach, instance: string, colour: Colour): Promise<Member[]> {
  const found = await docker.containers({ [label.instance]: instance, [label.part]: colour });
  return found
    .map(({ id, name, labels }) => ({
      id,
      name,
      service: labels[label.service] ?? "",
      role: (labels[label.role] ?? "") as AppRole,
      replica: Number(labels["com.docker.compose.container-number"] ?? "1"),
    }))
    .sort((a, b) => a.service.localeCompare(b.service) || a.replica - b.replica);
}

export function withRole(members: readonly Member[], ...roles: readonly AppRole[]): Member[] {
  return members.filter(({ role }) => roles.includes(role));
}

/** Members with what Docker says of them now; those that are gone are left out. */
export async function inspect({ docker }: Reach, members: readonly Member[]): Promise<{ member: Member; container: Container }[]> {
  const looked = await Promise.all(members.map(async (member) => ({ member, container: await docker.container(member.id) })));
  return looked.flatMap(({ member, container }) => (container === undefined ? [] : [{ member, container }]));
}

export async function setPolicies({ docker }: Reach, members: readonly Member[], policy: RestartPolicy): Promise<void> {
  await Promise.all(members.map(({ id }) => docker.setRestartPolicy(id, policy)));
}

/** Takes the restart policy away, then stops: in the other order a power cut in between would start them again. */
export async function standDown(reach: Reach, members: readonly Member[]): Promise<void> {
  await setPolicies(reach, members, "no");
  await Promise.all(members.map(({ id }) => reach.docker.stop(id)));
}

/** Stops and makes sure: an answer of "stopped" is one thing, a process that is gone another. */
export async function endAll(reach: Reach, members: readonly Member[]): Promise<void> {
  await standDown(reach, members);
  for (const { member, container } of await inspect(reach, members)) {
    if (container.running) throw new Error(`${member.name}: still runs after it was stopped`);
  }
}

/** Removes a colour as if it had never been: its containers, whoever made them, and its network. Volumes are not its own. */
export async function removeColour(reach: Reach, instance: string, colour: Colour): Promise<void> {
  const members = await membersOf(reach, instance, colour);
  await standDown(reach, members);
  await Promise.all(members.map(({ id }) => reach.docker.remove(id)));
  for (const name of await reach.docker.networkNames({ "com.docker.compose.project": colourProject(instance, colour) })) {
    await reach.docker.removeNetwork(name);
  }
}
