import { readdir } from "node:fs/promises";
import { dataProject } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { platformRecordPath } from "../platform/places.ts";
import { platformRecordFile } from "../platform/platformRecord.ts";
import { label } from "../release/composeFile.ts";
import { currentInstances } from "./current.ts";
import { readReleases } from "./releases.ts";

type Reach = Pick<Context, "paths" | "docker">;

/**
 * What is still on this host when an instance has been taken out of service: a line each, for the person who destroyed a stack and wants to
 * know what that cost. None of it is ever removed by us: a mistake must not cost a database or the way back.
 */
export async function remainsOf(instance: string, environment: string, reach: Reach): Promise<string[]> {
  const { paths, docker } = reach;
  const volumes = await docker.volumeNames({ [label.instance]: instance });
  const secrets = await readdir(`${paths.sealedSecrets}/${instance}`).catch(() => []);
  return [
    ...volumes.sort().map((name) => `volume ${name}`),
    ...(await releasesLine(instance, reach)),
    ...(secrets.length === 0 ? [] : [`sealed secrets in ${paths.sealedSecrets}/${instance}`]),
    `history, reports, owner and numbering in ${paths.instance(instance)}, and the lines in ${paths.deployHistory}`,
    ...(await platformLine(environment, reach)),
    ...(await neighboursLine(instance, reach)),
  ];
}

/**
 * A line of history about something taken out of service, with what stays: on a terminal Pulumi's live display has lost the lines about it by
 * the time a destroy has ended (a provider can say them only as a resource's passing status).
 */
export function noteWithRemains(what: string, remains: readonly string[]): string {
  return remains.length === 0 ? what : `${what}; stays: ${remains.join("; ")}`;
}

/** Releases that `up` or a rollback finds again. */
export async function releasesLine(instance: string, { paths }: Pick<Reach, "paths">): Promise<string[]> {
  const { length } = await readReleases(paths, instance);
  return length === 0 ? [] : [`${length} ${length === 1 ? "release" : "releases"} in ${paths.releases(instance)}`];
}

/** Stateful services that go on without the app, by name. */
export async function dataServicesLine(instance: string, { docker }: Pick<Reach, "docker">): Promise<string[]> {
  const containers = await docker.containers({ [label.instance]: instance, [label.part]: "data" });
  const names = [...new Set(containers.map(({ name, labels }) => labels[label.service] ?? name))].sort();
  return names.length === 0 ? [] : [`stateful services ${names.join(", ")} of ${dataProject(instance)}, running, with their volumes`];
}

async function platformLine(environment: string, { paths }: Pick<Reach, "paths">): Promise<string[]> {
  // What is only told must not stop what is done.
  const record = await platformRecordFile.read(platformRecordPath(paths)).catch(() => undefined);
  const whose = record === undefined || record.environment === environment ? "" : ` of stack "${record.environment}"`;
  return [
    `the platform${whose}: Docker, ingress, accounts, host program`,
    `registry credentials and certificate of "${environment}", for the next pulumi up`,
  ];
}

async function neighboursLine(instance: string, { paths }: Pick<Reach, "paths">): Promise<string[]> {
  const others = (await currentInstances(paths)).filter((name) => name !== instance);
  return others.length === 0 ? [] : [`untouched and in service: ${others.join(", ")}`];
}
