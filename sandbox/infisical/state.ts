import { z } from "zod";

const folderSchema = z.strictObject({
  id: z.string(),
  environment: z.string(),
  /** "/" is the root of an environment; others have no slash at the end. */
  path: z.string(),
  description: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Folder = z.infer<typeof folderSchema>;

const secretSchema = z.strictObject({
  id: z.string(),
  environment: z.string(),
  path: z.string(),
  key: z.string(),
  value: z.string(),
  comment: z.string(),
  skipMultilineEncoding: z.boolean(),
  reminderNote: z.string().nullable(),
  reminderRepeatDays: z.number().nullable(),
  version: z.number(),
  /** Values of earlier versions, oldest first. */
  history: z.array(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Secret = z.infer<typeof secretSchema>;

/** The secrets of one folder shown in another, in the order of the array: a later import stands above an earlier one. */
const importSchema = z.strictObject({
  id: z.string(),
  environment: z.string(),
  path: z.string(),
  fromEnvironment: z.string(),
  fromPath: z.string(),
});
export type SecretImport = z.infer<typeof importSchema>;

const tokenSchema = z.strictObject({ identity: z.string(), createdAt: z.number(), renewedAt: z.number() });
export type AccessToken = z.infer<typeof tokenSchema>;

export const stateSchema = z.strictObject({
  version: z.literal(1),
  /** Signs access tokens; tokens outlive a restart, as outside. */
  tokenKey: z.string(),
  tokens: z.record(z.string(), tokenSchema),
  folders: z.array(folderSchema),
  secrets: z.array(secretSchema),
  imports: z.array(importSchema),
  /** Digests of values as they were planted, by environment, folder and name: a value that differs was changed by a person. */
  planted: z.record(z.string(), z.string()),
});
export type InfisicalState = z.infer<typeof stateSchema>;
