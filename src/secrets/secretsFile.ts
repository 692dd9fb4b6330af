import { z } from "zod";
import { ServiceName, VariableName } from "../../contract/index.ts";
import { Validation } from "./validation.ts";

/** A folder of the secret store: absolute, without a slash at the end but for the root. */
export const StorePath = z
  .string()
  .regex(/^\/$|^(?:\/[A-Za-z0-9_-]{1,64}){1,10}$/, 'must be a folder such as "/" or "/truealpha", without a slash at its end');

const bytes = z
  .int()
  .min(16)
  .max(128)
  .default(32)
  .meta({ description: "How many.", unit: "bytes", examples: [32] });

export const Generation = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("password"),
      length: z
        .int()
        .min(16)
        .max(256)
        .default(40)
        .meta({ description: "How many.", unit: "characters", examples: [40] }),
    })
    .meta({ description: "letters and digits: they need no quoting in URLs, shells and configuration files" }),
  z.strictObject({ kind: z.literal("hex"), bytes }).meta({ description: "random bytes as hexadecimal digits" }),
  z.strictObject({ kind: z.literal("base64"), bytes }).meta({ description: "random bytes as base64" }),
  z.strictObject({ kind: z.literal("sshKey") }).meta({ description: "an ed25519 key pair in OpenSSH's format" }),
]);
export type Generation = z.infer<typeof Generation>;

export const VariableDeclaration = z
  .strictObject({
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
    validate: Validation.prefault({ kind: "text" }).meta({
      description: "How the value must look.",
      examples: [{ kind: "url", schemes: ["https"] }],
    }),
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
      .meta({
        description: "How long people mean to keep one value. It is written down for them: nothing counts the days or replaces the value.",
        unit: "days",
        examples: [90],
      }),
  })
  // A key too many here is a value that somebody put in, and messages stand in the logs of CI.
  .meta({ unknownValues: "hidden" });
export type VariableDeclaration = z.infer<typeof VariableDeclaration>;

/** `apps/<app>/secrets.yaml`: every secret variable of an app, by name. No value stands in it. */
export const SecretsFile = z.strictObject({
  variables: z.record(VariableName, VariableDeclaration).default({}).meta({ description: "Variables by name." }),
});
export type SecretsFile = z.infer<typeof SecretsFile>;
