import type { Json, ReasonCode } from "../../contract/index.ts";

/** What a change does to what runs on the host: nothing, a reload that no request notices, or a restart that instances stand on. */
export type Effect = "none" | "reload" | "restart";

/** What a look at the host says about an item. */
export type Finding =
  | { readonly kind: "ok" }
  | { readonly kind: "wrong"; readonly what: string; readonly effect: Effect }
  /** Cannot be told before an earlier item is right: there is no network to look at while Docker is down. */
  | { readonly kind: "unknown"; readonly what: string };

/**
 * One thing that makes a server a platform. The list of items in `platform.ts` reads from top to bottom as what is done; an item may rely
 * on those before it.
 */
export interface Item {
  /** For people and for the record; stays the same over versions of the program. */
  readonly name: string;
  /** The most that `change` can do. A finding may say that this time it is less. */
  readonly effect: Effect;
  /** Everything the item is made from, without secrets: tells a new wish ("changed") from an old one that was undone ("repaired"). */
  readonly wanted: Json;
  /** Reason code of a failure to make it right. */
  readonly code: ReasonCode;
  /** Looks and touches nothing. */
  check(): Promise<Finding>;
  /** Makes it right, from any state, and may be cut off at any point. */
  change(): Promise<void>;
}

export const ok: Finding = { kind: "ok" };

export function wrong(what: string, effect: Effect = "none"): Finding {
  return { kind: "wrong", what, effect };
}

export function unknown(what: string): Finding {
  return { kind: "unknown", what };
}

/** `ok` without faults, else all of them in one finding. */
export function findingOf(faults: readonly string[], effect: Effect = "none"): Finding {
  return faults.length === 0 ? ok : wrong(faults.join("; "), effect);
}
