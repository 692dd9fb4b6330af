import { z } from "zod";
import { InfisicalFault } from "./faults.ts";

/** Booleans in queries are these two words and nothing else, as upstream has it. */
const flag = (initial: boolean): z.ZodType<boolean, string | undefined> =>
  z
    .enum(["true", "false"])
    .default(initial ? "true" : "false")
    .transform((value) => value === "true");

/** An absolute folder without a slash at its end, whatever was given. */
const folderPath = z
  .string()
  .trim()
  .default("/")
  .transform((path) => (path.startsWith("/") ? path : `/${path}`))
  .transform((path) => (path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path));

/** Blanks at both ends go; a line break at the end stays, one of them. Upstream's rule for values that are written. */
export function normalizeValue(value: string): string {
  return value.endsWith("\n") ? `${value.trim()}\n` : value.trim();
}

const project = { workspaceId: z.string().trim().optional(), environment: z.string().trim().optional(), secretPath: folderPath };
const viewing = { viewSecretValue: flag(true), expandSecretReferences: flag(false), include_imports: flag(false) };
/** The server keeps shared secrets only: a personal one needs a person. */
const type = z.literal("shared").default("shared");

export const listQuery = z.strictObject({ ...project, ...viewing, recursive: flag(false) });

export const getQuery = z.strictObject({
  ...project,
  ...viewing,
  type,
  version: z.coerce.number().int().positive().optional(),
  // Sent by the SDK, ignored by upstream: the name stands in the path, and imports go by include_imports.
  secretName: z.string().optional(),
  includeImports: z.string().optional(),
});

const reminder = { secretReminderNote: z.string().max(1024).nullish(), secretReminderRepeatDays: z.number().nullish() };
const target = { workspaceId: z.string().trim(), environment: z.string().trim(), secretPath: folderPath, type };

export const createBody = z.strictObject({
  ...target,
  ...reminder,
  secretValue: z.string().transform(normalizeValue),
  secretComment: z.string().trim().default(""),
  skipMultilineEncoding: z.boolean().nullish(),
});

export const updateBody = z.strictObject({
  ...target,
  ...reminder,
  secretValue: z.string().transform(normalizeValue).optional(),
  newSecretName: z.string().trim().min(1).optional(),
  secretComment: z.string().optional(),
  skipMultilineEncoding: z.boolean().optional(),
});

export const deleteBody = z.strictObject(target);

export const folderQuery = z.strictObject({
  workspaceId: z.string().trim(),
  environment: z.string().trim(),
  path: folderPath,
  recursive: flag(false),
});
export const folderBody = z.strictObject({
  workspaceId: z.string().trim(),
  environment: z.string().trim(),
  path: folderPath,
  name: z
    .string()
    .trim()
    .regex(/^[a-zA-Z0-9-_]+$/, "Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed."),
  description: z.string().nullish(),
});

export const loginBody = z.strictObject({ clientId: z.string().trim(), clientSecret: z.string().trim() });
export const renewBody = z.strictObject({ accessToken: z.string().trim() });

/** Reads input by its schema. Throws upstream's 422 with the list of issues; unknown names are refused, where upstream would drop them. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ code, message, path }) => ({ code, message, path }));
  const refused = parsed.error.issues.some((issue) => issue.code === "unrecognized_keys");
  throw new InfisicalFault(422, "ValidationFailure", issues, { refused });
}

/** A query as an object; a parameter that is given twice is a mistake. */
export function queryObject(query: URLSearchParams): Readonly<Record<string, string>> {
  const entries = [...query];
  const repeated = entries.find(([name], index) => entries.findIndex(([other]) => other === name) !== index);
  if (repeated !== undefined)
    throw new InfisicalFault(422, "ValidationFailure", [{ code: "custom", message: "given twice", path: [repeated[0]] }], {
      refused: true,
    });
  return Object.fromEntries(entries);
}
