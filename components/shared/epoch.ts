import { z } from "zod";

/** A number that a person raises to send the same thing to a host again: Pulumi sends only what changed. */
export function epoch(what: string): z.ZodDefault<z.ZodInt> {
  return z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1)
    .meta({ description: `Raise it to send ${what} again though nothing else changed.`, examples: [2] });
}
