import { z } from "zod";
import { EnvironmentName } from "../../contract/index.ts";
import type { Json } from "../../contract/index.ts";
import { recordFile } from "../state/record.ts";

/** What the platform of this host was last made from. */
export const PlatformRecord = z.strictObject({
  /** Environment whose stack owns the platform. */
  environment: EnvironmentName,
  host: z.string(),
  /** SHA-256 of the program that wrote this. */
  program: z.string(),
  epoch: z.int(),
  /** Per item, what it was made from when it was last seen right. Came out of JSON, so it is JSON. */
  items: z.record(
    z.string(),
    z.custom<Json>((value) => value !== undefined),
  ),
});
export type PlatformRecord = z.infer<typeof PlatformRecord>;

/** A record that cannot be read is a failure, not an absent one: the platform would change hands. */
export const platformRecordFile = recordFile(PlatformRecord);
