import { randomInt, randomUUID } from "node:crypto";
import { define, keepers } from "./definition.ts";

/** RandomUuid and RandomUuid4: the same thing under two names, as upstream has it. */
export const randomUuids = ["random:index/randomUuid:RandomUuid", "random:index/randomUuid4:RandomUuid4"].map((token) =>
  define.resource({
    token,
    inputs: { keepers },
    outputs: { result: { type: "string", required: true } },
    create: () => {
      const result = randomUUID();
      return { id: result, outputs: { result } };
    },
  }),
);

/** Both ends belong to the range. `seed` is refused by name: the same seed would have to give upstream's number. */
export const randomInteger = define.resource({
  token: "random:index/randomInteger:RandomInteger",
  inputs: { min: { type: "integer", required: true }, max: { type: "integer", required: true }, keepers },
  outputs: { result: { type: "integer", required: true } },
  check: (inputs) => {
    const { min, max } = inputs;
    const failures =
      typeof min === "number" && typeof max === "number" && max < min
        ? [{ property: "min", reason: `must not be above max (${max}), got ${min}` }]
        : [];
    return { inputs, failures };
  },
  create: ({ min, max }) => {
    const result = randomInt(min, max + 1);
    return { id: String(result), outputs: { result } };
  },
});
