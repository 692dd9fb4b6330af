import { defineProvider } from "../base/index.ts";
import { randomBytes, randomId } from "./bytes.ts";
import { randomInteger, randomUuids } from "./numbers.ts";
import { randomPassword, randomString } from "./text.ts";

/** Stands in for the plugin of `@pulumi/random`, which bridges terraform-provider-random. */
export const randomProvider = defineProvider({
  name: "random",
  version: "4.21.2",
  secretnessIsADifference: false,
  config: {},
  configure: () => ({ kind: "none" as const }),
  resources: [randomPassword, randomString, randomBytes, randomId, ...randomUuids, randomInteger],
  functions: [],
});
