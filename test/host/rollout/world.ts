import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseId } from "../../../contract/index.ts";
import { systemClock } from "../../../host/clock.ts";
import type { Context } from "../../../host/context.ts";
import { hostPaths } from "../../../host/paths.ts";
import { newCourse } from "../../../host/rollout/attempt.ts";
import type { Attempt } from "../../../host/rollout/attempt.ts";
import { membersOf } from "../../../host/rollout/colour.ts";
import { watchInstance } from "../../../host/rollout/watch.ts";
import { current, journal, manifest } from "../fixtures.ts";
import { fakeDocker } from "./fakeDocker.ts";
import type { FakeDocker } from "./fakeDocker.ts";

export interface TestContext extends Context {
  readonly docker: FakeDocker;
  readonly lines: string[];
  /** Files of routers that Traefik was asked about; `undefined`: none. */
  readonly confirmed: (string | undefined)[];
}

/** A context on a folder of its own. Nothing in it reaches out of the process. */
export async function testContext(): Promise<TestContext> {
  const lines: string[] = [];
  const docker = fakeDocker();
  docker.add("ingress", "traefik", "ingress", { id: "terrace-ingress", status: "running", running: true });
  const confirmed: (string | undefined)[] = [];
  const unexpected = (what: string) => () => Promise.reject(new Error(`unexpected: ${what}`));
  return {
    paths: hostPaths(await mkdtemp(join(tmpdir(), "terrace-rollout-"))),
    docker,
    ingress: {
      view: unexpected("ingress view"),
      confirmed: (_instance, text) => {
        confirmed.push(text);
        return Promise.resolve();
      },
    },
    execute: unexpected("execute"),
    clock: systemClock,
    progress: { step: (line) => lines.push(line), note: (line) => lines.push(line), warn: (line) => lines.push(line) },
    secrets: { open: unexpected("open"), latest: unexpected("latest") },
    hostSecrets: { registryCredentials: unexpected("registryCredentials") },
    actor: { user: "root", key: null },
    program: { sha256: "0".repeat(64), path: "/nowhere" },
    lines,
    confirmed,
  };
}

/** The instance as it stands while blue serves and green has been created. */
export function bothColours(docker: FakeDocker): void {
  const running = { status: "running", running: true, health: "healthy", restartPolicy: "unless-stopped" };
  for (const [service, role] of services) docker.add("blue", service, role, role === "job" ? { status: "exited" } : running);
  for (const [service, role] of services) docker.add("green", service, role);
}

export const services = [
  ["api", "web"],
  ["beat", "singleton"],
  ["setup", "job"],
  ["worker", "worker"],
] as const;

export async function attemptOn(context: TestContext): Promise<Attempt> {
  const shop = manifest();
  return {
    context,
    order: { request: "rollout", manifest: shop, releaseId: releaseId(shop), epoch: 1 },
    course: newCourse(context),
    instance: "shop-prod",
    manifest: shop,
    number: 2,
    release: "sha-abcdef2__20261121T110000Z",
    directory: context.paths.release("shop-prod", "sha-abcdef2__20261121T110000Z"),
    releaseId: releaseId(shop),
    colour: "green",
    before: { current: current(), manifest: shop },
    token: "t",
    secrets: { values: {}, sources: {}, keptLatest: [] },
    mask: (text) => text,
    watch: await watchInstance(context, "shop-prod"),
    journal: journal(),
    members: await membersOf(context, "shop-prod", "green"),
    publicBefore: undefined,
    servedAt: undefined,
  };
}
