import { z } from "zod";
import { Provenance } from "./manifest.ts";
import { Colour, InstanceName, ServiceName } from "./names.ts";
import { Outcome, ReasonCode } from "./outcome.ts";

/** Phases of a rollout, in order. Backup and migration have their places; nothing fills them now. */
export const phases = [
  "admit",
  "prepare",
  "pull",
  "backup",
  "migrate",
  "start",
  "health",
  "smoke",
  "switch",
  "confirm",
  "settle",
  "handover",
  "record",
  "retire",
] as const;
export type Phase = (typeof phases)[number];

const Time = z.iso.datetime();

/** Who asked, as the host saw it: the sudo user and the SSH key from sshd's own journal line. */
export const Actor = z.strictObject({ user: z.string(), key: z.string().nullable() });
export type Actor = z.infer<typeof Actor>;

export const Serving = z.strictObject({ release: z.string(), releaseId: z.string(), colour: Colour.nullable() });
export type Serving = z.infer<typeof Serving>;

export const Evidence = z.strictObject({
  service: ServiceName,
  container: z.string(),
  exitCode: z.int().nullable(),
  outOfMemory: z.boolean(),
  /** Results of the last health checks, newest last. */
  health: z.array(z.string()),
  /** Last lines of the log, with every known secret value masked. */
  log: z.array(z.string()),
});
export type Evidence = z.infer<typeof Evidence>;

/** A probe's verdict. `skipped` says why in `note`: no route, or the public side was broken before we began. */
export const Verdict = z.strictObject({ result: z.enum(["passed", "failed", "warning", "skipped"]), note: z.string() });
export type Verdict = z.infer<typeof Verdict>;

export const Report = z.strictObject({
  contract: z.int(),
  instance: InstanceName,
  request: z.enum(["rollout", "rollback", "data", "retire"]),
  /** Number of the attempt on this instance. Order is by this number, never by clock. */
  rollout: z.int().min(1),
  outcome: Outcome,
  code: ReasonCode,
  /** One sentence for people. */
  what: z.string(),
  release: z.string().nullable(),
  releaseId: z.string().nullable(),
  serving: Serving.nullable(),
  before: Serving.nullable(),
  startedAt: Time,
  finishedAt: Time,
  phases: z.array(z.strictObject({ phase: z.enum(phases), seconds: z.number(), note: z.string().nullable() })),
  images: z.array(z.strictObject({ service: ServiceName, expected: z.string(), running: z.string().nullable() })),
  local: Verdict,
  public: Verdict,
  evidence: z.array(Evidence),
  warnings: z.array(z.string()),
  actor: Actor,
  provenance: Provenance.nullable(),
  reason: z.string().nullable(),
});
export type Report = z.infer<typeof Report>;

/** The one line on standard output of a request that succeeded; it becomes a Pulumi output. */
export const Result = z.strictObject({
  contract: z.int(),
  outcome: Outcome,
  code: ReasonCode,
  what: z.string(),
  instance: InstanceName.optional(),
  release: z.string().optional(),
  releaseId: z.string().optional(),
  rollout: z.int().optional(),
  /** Only for `platform`: items by what was done to them. */
  items: z.array(z.strictObject({ item: z.string(), result: z.enum(["unchanged", "changed", "repaired"]), note: z.string() })).optional(),
});
export type Result = z.infer<typeof Result>;

/** A line of an instance's history, one JSON object per line, oldest first. */
export const HistoryEntry = z.strictObject({
  time: Time,
  rollout: z.int(),
  action: z.enum(["rollout", "rollback", "data", "retire"]),
  release: z.string().nullable(),
  releaseId: z.string().nullable(),
  version: z.string().nullable(),
  outcome: Outcome,
  code: ReasonCode,
  note: z.string(),
  actor: Actor,
  /** Of a rollout: who wanted the release, as its provenance says; the actor is the account that brought it. */
  requestedBy: z.string().optional(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

export const InstanceStatus = z.strictObject({
  instance: InstanceName,
  environment: z.string(),
  serving: Serving.nullable(),
  since: Time.nullable(),
  version: z.string().nullable(),
  /** An attempt that has not ended: it is under way, or was interrupted and the next request puts it right. */
  unfinished: z
    .strictObject({ request: z.enum(["rollout", "rollback"]), rollout: z.int(), phase: z.enum(phases), release: z.string() })
    .nullable(),
  /** Hosts that the ingress routes to this instance now. */
  hosts: z.array(z.string()),
  containers: z.array(
    z.strictObject({
      service: z.string(),
      part: z.enum(["blue", "green", "data"]),
      role: z.string(),
      state: z.string(),
      health: z.string().nullable(),
      digest: z.string().nullable(),
      since: z.string().nullable(),
      restarts: z.int(),
    }),
  ),
  /** What the release that serves lacks, a sentence each; empty while it is whole. */
  lacks: z.array(z.string()),
  last: HistoryEntry.nullable(),
});
export type InstanceStatus = z.infer<typeof InstanceStatus>;

export const Status = z.strictObject({ contract: z.int(), host: z.string(), program: z.string(), instances: z.array(InstanceStatus) });
export type Status = z.infer<typeof Status>;
