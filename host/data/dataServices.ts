import { dirname, join } from "node:path";
import type { DataRequest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { composeFailure } from "../docker/compose.ts";
import type { Container } from "../docker/containers.ts";
import { Failure } from "../ending.ts";
import { readIfPresent, replaceFile } from "../files.ts";
import { composeText, label } from "../release/composeFile.ts";
import { evidenceOf, showEvidence } from "../rollout/evidence.ts";
import { maskOf } from "../rollout/mask.ts";
import { watchInstance } from "../rollout/watch.ts";
import type { Watch } from "../rollout/watch.ts";
import { composeConfig, composeUp } from "./composeUp.ts";
import type { ComposeUp } from "./composeUp.ts";
import { withHeldStartPeriods } from "./heldStartPeriods.ts";
import type { DataPlan } from "./dataPlan.ts";
import type { DataCourse } from "./dataReport.ts";
import { judgeData, stateWords } from "./judgeData.ts";
import { tieServices } from "./tieServices.ts";

/** The document as it was last sent, for people and for `docker compose` by hand. It holds no secret. */
export function dataDocumentPath({ paths }: Pick<Context, "paths">, instance: string): string {
  return join(paths.root, "srv/terrace/data", instance, "compose.yaml");
}

/** Containers of an instance's stateful services, by id. */
export async function dataContainers({ docker }: Pick<Context, "docker">, instance: string): Promise<Map<string, Container>> {
  const found = await docker.containers({ [label.instance]: instance, [label.part]: "data" });
  const containers = await Promise.all(found.map(({ id }) => docker.container(id)));
  return new Map(containers.flatMap((container) => (container === undefined ? [] : [[container.id, container] as const])));
}

/** Services by what was done to them; all empty when nothing was. */
export interface ServiceChanges {
  readonly made: readonly string[];
  readonly started: readonly string[];
  readonly removed: readonly string[];
  /** Were out of their network, see `tieServices`. */
  readonly connected: readonly string[];
}

/** Pure: compares what ran before with what runs now. A service that was made anew is `made`, whatever ran before it. */
export function serviceChanges(
  before: ReadonlyMap<string, Container>,
  after: ReadonlyMap<string, Container>,
): Omit<ServiceChanges, "connected"> {
  const service = ({ labels, name }: Container): string => labels[label.service] ?? name;
  const now = new Set([...after.values()].map(service));
  return {
    made: [...after.values()]
      .filter(({ id }) => !before.has(id))
      .map(service)
      .sort(),
    started: [...after.values()]
      .filter((container) => before.get(container.id)?.running === false && container.running)
      .map(service)
      .sort(),
    removed: [...before.values()]
      .filter((container) => !after.has(container.id) && !now.has(service(container)))
      .map(service)
      .sort(),
  };
}

/**
 * Brings the services to the document and waits until each is healthy. They are changed in place: there is no second copy of a database to
 * go back to, so a failure leaves what came up, and says so. Evidence of what is in trouble goes into `course`.
 */
export async function bringUp(
  request: Pick<DataRequest, "instance" | "healthTimeoutSeconds">,
  plan: DataPlan,
  secrets: Readonly<Record<string, string>>,
  course: DataCourse,
  context: Context,
): Promise<ServiceChanges> {
  const { instance, healthTimeoutSeconds } = request;
  const mask = maskOf(Object.values(secrets), [plan, instance]);
  const file = dataDocumentPath(context, instance);
  const call: ComposeUp = { project: plan.project, file, secrets, timeoutSeconds: healthTimeoutSeconds + 60 };
  const before = await dataContainers(context, instance);
  const document = withHeldStartPeriods(plan.document, await readIfPresent(file), healthyServices(before));
  await writeDocument(file, composeText(document));
  const judged = await context.execute(composeConfig(call));
  if (judged.exitCode !== 0) throw composeFailure(judged, mask);
  const connected = await tieServices(before.values(), plan.project, context.docker);

  const watch = await watchInstance(context, instance);
  const deadline = context.clock.elapsed() + healthTimeoutSeconds * 1000;
  try {
    const up = await context.execute(composeUp(call));
    const after = await dataContainers(context, instance);
    const trouble = await firstTrouble(after, before, watch, deadline, up.exitCode === 0, context);
    if (trouble !== undefined) {
      const now = await context.docker.container(trouble.container.id);
      if (now !== undefined) {
        const evidence = await evidenceOf(context, now, mask);
        course.evidence.push(evidence);
        showEvidence(context, evidence);
      }
      throw new Failure("aborted", trouble.code, mask(`${trouble.container.name} ${trouble.what}`));
    }
    if (up.exitCode !== 0) throw composeFailure(up, mask, "health_timeout");
    const changes = serviceChanges(before, after);
    return { ...changes, connected: connected.filter((service) => !changes.made.includes(service)) };
  } finally {
    watch.close();
  }
}

function healthyServices(containers: ReadonlyMap<string, Container>): ReadonlySet<string> {
  return new Set([...containers.values()].flatMap(({ labels, health }) => (health === "healthy" ? [labels[label.service] ?? ""] : [])));
}

/** The one before stays beside it: a person who must go back needs it. */
async function writeDocument(file: string, text: string): Promise<void> {
  const before = await readIfPresent(file);
  if (before === text) return;
  if (before !== undefined) await replaceFile(join(dirname(file), "compose.previous.yaml"), before);
  await replaceFile(file, text);
}

interface Trouble {
  readonly container: Container;
  readonly code: "container_exited" | "container_unhealthy" | "health_timeout";
  readonly what: string;
}

/** Waits until every service is healthy; the first that is in trouble ends it. Where compose itself failed, only what is seen now counts. */
async function firstTrouble(
  containers: ReadonlyMap<string, Container>,
  before: ReadonlyMap<string, Container>,
  watch: Watch,
  deadline: number,
  wait: boolean,
  { clock }: Context,
): Promise<Trouble | undefined> {
  const judgements = [...containers.values()].map(async (container): Promise<Trouble | undefined> => {
    const restarts = before.get(container.id)?.restarts ?? 0;
    let seen: Container | undefined = container;
    const left = wait ? Math.max(0, deadline - clock.elapsed()) : 0;
    const answer = await watch.until(container.id, (now) => judgeData((seen = now), restarts), left);
    if (answer === "timeout")
      return wait ? { container, code: "health_timeout", what: `${stateWords(seen)} when the time was up` } : undefined;
    return answer.kind === "good" ? undefined : { container, code: answer.code as Trouble["code"], what: answer.what };
  });
  return firstDefined(judgements);
}

/** The first that resolves to something; `undefined` when all resolve to nothing. */
async function firstDefined<Value>(promises: readonly Promise<Value | undefined>[]): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    for (const promise of promises) promise.then((value) => value !== undefined && resolve(value), reject);
    Promise.all(promises).then(() => resolve(undefined), reject);
  });
}
