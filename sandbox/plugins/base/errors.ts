import type { Properties } from "./value.ts";

/**
 * Thrown by create or update when the resource exists but is not in order: the engine keeps it in state with these reasons and tries an
 * update at the next run. Without it a failed create leaves nothing in state, and a failed update keeps the old state.
 */
export class InitializationError extends Error {
  readonly id: string;
  readonly outputs: Properties;
  readonly reasons: readonly string[];
  constructor(reasons: readonly string[], made: { readonly id: string; readonly outputs: Properties }) {
    super(reasons.join("; "));
    this.name = "InitializationError";
    this.id = made.id;
    this.outputs = made.outputs;
    this.reasons = reasons;
  }
}

/** A request for something that this provider does not have. Says by name what, and what to do. */
export class NotImplementedError extends Error {
  constructor(what: string, implemented: readonly string[]) {
    const known = implemented.length === 0 ? "none" : implemented.join(", ");
    super(`${what} is not implemented by the sandbox's provider (it has: ${known}); remove it or install the official plugin`);
    this.name = "NotImplementedError";
  }
}
