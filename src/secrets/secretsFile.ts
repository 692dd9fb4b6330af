import { z } from "zod";
import { ServiceName, VariableName } from "../../contract/index.ts";
import { Validation } from "./validation.ts";

/** A folder of the secret store: absolute, without a slash at the end but for the root. */
export const StorePath = z
  .string()
  .regex(/^\/$|^(?:\/[A-Za-z0-9_-]{1,64}){1,10}$/, 'must be a folder such as "/" or "/truealpha", without a slash at its end');

export const Generation = z.discriminatedUnion("kind", [
  /** Letters and digits: they need no quoting in URLs, shells and configuration files. */
  z.strictObject({ kind: z.literal("password"), length: z.int().min(16).max(256).default(40) }),
  z.strictObject({ kind: z.literal("hex"), bytes: z.int().min(16).max(128).default(32) }),
  z.strictObject({ kind: z.literal("base64"), bytes: z.int().min(16).max(128).default(32) }),
  z.strictObject({ kind: z.literal("sshKey") }),
]);
export type Generation = z.infer<typeof Generation>;

export const VariableDeclaration = z.strictObject({
  description: z
    .string()
    .min(1)
    .max(300)
    .meta({ description: "What the variable is for.", examples: ["Password of the database user"] }),
  path: StorePath.default("/").meta({ description: "Folder of the secret store.", examples: ["/truealpha"] }),
  services: z
    .array(ServiceName)
    .min(1)
    .meta({ description: "Services of compose.yaml that get it.", examples: [["api", "worker"]] }),
  deliver: z
    .enum(["env", "file"])
    .default("env")
    .meta({ description: "As a variable of the process, or as the file /run/secrets/<NAME>.", examples: ["file"] }),
  validate: Validation.default({ kind: "text", minimumLength: 1, literal: false }).meta({ description: "How the value must look." }),
  generate: Generation.optional().meta({
    description: "How `npm run secrets -- generate` makes it where it is absent.",
    examples: [{ kind: "password" }],
  }),
  onRollback: z
    .enum(["release", "latest"])
    .default("release")
    .meta({
      description: "What an older release gets back: its own value, or the latest, for credentials that others can revoke.",
      examples: ["latest"],
    }),
  rotateAfterDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .meta({ description: "When it must be replaced.", unit: "days", examples: [90] }),
});
export type VariableDeclaration = z.infer<typeof VariableDeclaration>;

/** `apps/<app>/secrets.yaml`: every secret variable of an app, by name. No value stands in it. */
export const SecretsFile = z.strictObject({
  variables: z.record(VariableName, VariableDeclaration).default({}).meta({ description: "Variables by name." }),
});
export type SecretsFile = z.infer<typeof SecretsFile>;
