import type { Colour, Evidence, Manifest, Phase, Report, Verdict } from "../../contract/index.ts";
import { secondsSince } from "../clock.ts";
import type { Context } from "../context.ts";
import type { Routing, Target } from "../ingress/routing.ts";
import { targetOf } from "../ingress/routing.ts";
import { nextNumber } from "../state/counter.ts";
import type { Current } from "../state/current.ts";
import { writeJournal } from "../state/journal.ts";
import type { Journal } from "../state/journal.ts";
import type { Member } from "./colour.ts";
import type { Mask } from "./mask.ts";
import type { Order } from "./order.ts";
import type { PublicBefore } from "./publicVerdict.ts";
import type { SecretValues } from "./secretValues.ts";
import type { Watch } from "./watch.ts";

/** What happened so far, for the report. */
export interface Course {
  readonly startedAt: Date;
  /** Given when it is first asked for: an order that changes nothing has none. */
  number: number | undefined;
  readonly phases: { phase: Phase; seconds: number; note: string | null }[];
  readonly warnings: string[];
  readonly evidence: Evidence[];
  /** What each service should run, and what Docker says its container was created from. */
  images: Report["images"];
  local: Verdict;
  public: Verdict;
  /** In a few words, why the public name could not confirm what is deployed. */
  doubt: string | undefined;
}

export function newCourse(context: Pick<Context, "clock">): Course {
  const unasked: Verdict = { result: "skipped", note: "the rollout did not get so far" };
  return {
    startedAt: context.clock.now(),
    number: undefined,
    phases: [],
    warnings: [],
    evidence: [],
    images: [],
    local: unasked,
    public: unasked,
    doubt: undefined,
  };
}

/** Number of the attempt on its instance, the same however often it is asked for. */
export async function numberOf(course: Course, instance: string, { paths }: Pick<Context, "paths">): Promise<number> {
  course.number ??= await nextNumber(paths, instance);
  return course.number;
}

/** One attempt at replacing what an instance runs, from `prepare` on: everything the phases share. */
export interface Attempt {
  readonly context: Context;
  readonly order: Order;
  readonly course: Course;
  readonly instance: string;
  readonly manifest: Manifest;
  readonly number: number;
  readonly release: string;
  /** Its directory, which holds `compose.yaml`. */
  readonly directory: string;
  readonly releaseId: string;
  /** Colour of the new release. */
  readonly colour: Colour;
  readonly before: Standing | undefined;
  readonly token: string;
  /** What the containers get. */
  readonly secrets: SecretValues;
  /** Hides them in whatever containers, compose or answers say. */
  readonly mask: Mask;
  readonly watch: Watch;
  journal: Journal;
  /** Containers of the new release; empty until `start` has created them. */
  members: Member[];
  /** How the public way was just before the switch. */
  publicBefore: PublicBefore | undefined;
  /** Monotonic time at which Traefik showed it; the old one drains from here. */
  servedAt: number | undefined;
}

/** What serves when an attempt begins. */
export interface Standing {
  readonly current: Current;
  readonly manifest: Manifest;
}

export function newTarget(attempt: Attempt): Target {
  return targetOf(attempt.manifest, attempt.releaseId, attempt.colour);
}

export function oldTarget(attempt: Attempt): Target | undefined {
  const { before } = attempt;
  return before === undefined ? undefined : targetOf(before.manifest, before.current.releaseId, before.current.colour);
}

/** Routing of the attempt's own instance, with its token. */
export function routing(attempt: Attempt, parts: Pick<Routing, "serving" | "candidate">): Routing {
  return { instance: attempt.instance, token: attempt.token, ...parts };
}

/** Something people should know although the rollout goes on: said now, and in the report. */
export function warn({ context, course, mask }: Pick<Attempt, "context" | "course" | "mask">, what: string): void {
  course.warnings.push(mask(what));
  context.progress.warn(what);
}

/**
 * Runs one phase: says so, notes in the journal that it begins, and in the report how long it took. What the work returns is its note for
 * people.
 */
export async function phase(attempt: Attempt, name: Phase, work: (attempt: Attempt) => Promise<string>): Promise<void> {
  attempt.journal = { ...attempt.journal, phase: name };
  await writeJournal(attempt.context.paths, attempt.journal);
  await timed(attempt.context, attempt.course, name, () => work(attempt));
}

/** Times a phase. What it returns is its note when it is text. */
export async function timed<Value>(
  context: Pick<Context, "clock" | "progress">,
  course: Course,
  name: Phase,
  work: () => Promise<Value>,
): Promise<Value> {
  const started = context.clock.elapsed();
  context.progress.step(name);
  const entry = { phase: name, seconds: 0, note: null as string | null };
  course.phases.push(entry);
  try {
    const value = await work();
    if (typeof value === "string" && value !== "") entry.note = value;
    return value;
  } finally {
    entry.seconds = secondsSince(context.clock, started);
    context.progress.note(`${name}: ${entry.seconds} s${entry.note === null ? "" : `, ${entry.note}`}`);
  }
}
