import type { DataRequest, Phase } from "../../contract/index.ts";
import { secondsSince } from "../clock.ts";
import type { Context } from "../context.ts";
import { Failure, causeOf, succeeded } from "../ending.ts";
import type { Ending } from "../ending.ts";
import { label } from "../release/composeFile.ts";
import { reported } from "../reported.ts";
import { claimInstance } from "../state/owner.ts";
import { verb } from "../verb.ts";
import { bringImages } from "./dataImages.ts";
import { planData } from "./dataPlan.ts";
import type { DataPlan } from "./dataPlan.ts";
import { writeDataReport } from "./dataReport.ts";
import type { DataCourse } from "./dataReport.ts";
import { bringUp, dataContainers } from "./dataServices.ts";
import { makeStores } from "./dataStores.ts";
import { standDown } from "./retireData.ts";

/** Brings the stateful services of an instance, its volumes and its network to what the request says, touching only what differs. */
export const dataVerb = verb({ accepts: "data", lease: ({ instance }) => instance, run: applyData });

async function applyData(request: DataRequest, context: Context): Promise<Ending> {
  const { instance, environment, owner } = request;
  const planned = planData(request);
  if (planned.kind === "faulty") throw new Failure("invalid", "malformed_request", planned.faults.join("; "));
  const { plan } = planned;
  await claimInstance(context, instance, owner);
  const course: DataCourse = { startedAt: context.clock.now(), phases: [], evidence: [], images: [] };
  let done: readonly string[];
  try {
    done = await carryOut(request, plan, course, context);
  } catch (error) {
    const { code, what } = causeOf(error);
    if (code === "bug") throw error;
    const outcome = error instanceof Failure ? error.outcome : "aborted";
    // Docker itself may be what failed.
    await recordImages(request, course, context).catch(() => undefined);
    await reported(context, () => writeDataReport(context, course, { instance, environment, outcome, code, what }));
    throw error instanceof Failure ? error : new Failure("aborted", code, what, { cause: error });
  }
  if (done.length === 0) {
    const what = `the stateful services of ${instance} are as they should be`;
    return succeeded({ outcome: "unchanged", code: "ok", what, instance });
  }
  const deployed = { outcome: "deployed", code: "ok", what: `${instance}: ${done.join("; ")}` } as const;
  const rollout = await reported(context, () => writeDataReport(context, course, { instance, environment, ...deployed }));
  return succeeded({ ...deployed, instance, ...(rollout === undefined ? {} : { rollout }) });
}

/** What was done, in words; empty when there was nothing to do. */
async function carryOut(request: DataRequest, plan: DataPlan, course: DataCourse, context: Context): Promise<string[]> {
  const secrets = await secretValues(request, plan, context);
  const made = await timed(course, context, "prepare", async () => {
    const stores = await makeStores(request, plan, context);
    return { value: stores, note: stores.join(", ") };
  });
  const done = made.map((store) => `${store} made`);
  if (plan.document === null) {
    const removed = await standDown(context, request.instance);
    return [...done, ...removed.map((service) => `${service} removed`)];
  }
  await timed(course, context, "pull", async () => ({ value: undefined, note: await bringImages(plan, request.environment, context) }));
  const changes = await timed(course, context, "health", async () => {
    const value = await bringUp(request, plan, secrets, course, context);
    return { value, note: `${Object.keys(plan.images).length} healthy` };
  });
  await recordImages(request, course, context);
  const words = Object.entries(changes) as [keyof typeof changes, readonly string[]][];
  return [...done, ...words.flatMap(([what, services]) => (services.length === 0 ? [] : [`${what} ${services.join(", ")}`]))];
}

/** Values of the variables that the services get. Throws `Failure (secrets_absent)`. */
async function secretValues(
  { instance, secrets }: DataRequest,
  { variables }: DataPlan,
  context: Context,
): Promise<Record<string, string>> {
  if (secrets === null || variables.length === 0) return {};
  const set = await context.secrets.open(instance, secrets);
  const missing = variables.filter((name) => !Object.hasOwn(set, name));
  if (missing.length > 0)
    throw new Failure("refused", "secrets_absent", `the secret set of ${instance}'s data lacks ${missing.join(", ")}`);
  return Object.fromEntries(variables.map((name) => [name, set[name]?.value ?? ""]));
}

/** What each service should run and what Docker says its container was made from. */
async function recordImages({ instance, document }: DataRequest, course: DataCourse, context: Context): Promise<void> {
  const containers = [...(await dataContainers(context, instance)).values()];
  course.images = Object.entries(document?.services ?? {}).map(([service, { image }]) => ({
    service,
    expected: image,
    running: containers.find(({ labels }) => labels[label.service] === service)?.image ?? null,
  }));
}

interface Done<Value> {
  readonly value: Value;
  readonly note: string;
}

async function timed<Value>(course: DataCourse, context: Context, phase: Phase, work: () => Promise<Done<Value>>): Promise<Value> {
  const started = context.clock.elapsed();
  context.progress.step(phase);
  const entry = { phase, seconds: 0, note: null as string | null };
  course.phases.push(entry);
  try {
    const { value, note } = await work();
    entry.note = note === "" ? null : note;
    return value;
  } finally {
    entry.seconds = secondsSince(context.clock, started);
    context.progress.note(`${phase}: ${entry.seconds} s${entry.note === null ? "" : `, ${entry.note}`}`);
  }
}
