import { z } from "zod";
import { epoch } from "../shared/epoch.ts";

/** Settings of Layer 2 on the host, key `data`: the stateful services (`x-terrace: {role: data}`) of every app of the stack. */
export const DataSettings = z
  .strictObject({
    epoch: epoch("the stateful services"),
    healthTimeoutSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(180)
      .meta({ description: "From start until every stateful service must be healthy.", unit: "seconds", examples: [180] }),
  })
  .meta({ description: "Layer 2 on the host: databases and caches, never touched by an app release." });
export type DataSettings = z.infer<typeof DataSettings>;
