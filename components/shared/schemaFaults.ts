import { z } from "zod";
import { type Fault, fault, type PathSegment, pathText, seen } from "./fault.ts";
import { nearest } from "./nearest.ts";
import { type SchemaNode, nodeAt, schemaNode } from "./schemaNode.ts";

type Issue = z.core.$ZodIssue;

/** An issue of a schema with unions resolved: where, what, and what to do. */
interface Found {
  readonly path: readonly PathSegment[];
  readonly fault: Fault;
  /** What must be left out for the rest to be usable: the value itself, or the object whose shape is unknown. */
  readonly prune: readonly PathSegment[];
}

export type Parsed<T> =
  { readonly kind: "valid"; readonly value: T } | { readonly kind: "faulty"; readonly faults: readonly Fault[]; readonly draft: unknown };

/**
 * Parses a value that a person wrote. Where it is faulty the answer holds every fault and a draft: the value without its faulty parts, for
 * rules between fields, which must speak up in the same message.
 */
export function parsePeoplesFile<Schema extends z.ZodType>(schema: Schema, value: unknown, prefix = ""): Parsed<z.output<Schema>> {
  const result = schema.safeParse(value);
  if (result.success) return { kind: "valid", value: result.data };
  const root = schemaNode(schema);
  const found = result.error.issues.flatMap((issue) => describe(issue, [], value, root));
  const draft = structuredClone(value);
  for (const { prune } of found) remove(draft, prune);
  return { kind: "faulty", draft, faults: found.map(({ fault }) => ({ ...fault, path: locate(prefix, fault.path) })) };
}

function locate(prefix: string, path: string): string {
  return path === "" ? prefix.replace(/: $/, "") || "the file" : `${prefix}${path}`;
}

function describe(issue: Issue, base: readonly PathSegment[], value: unknown, root: SchemaNode): Found[] {
  const path = [...base, ...(issue.path as PathSegment[])];
  const input = valueAt(value, path);
  const node = nodeAt(root, path, value);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key], valueAt(value, [...path, key]), node));
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const branch = closestBranch(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => describe(inner, path, value, root));
  }
  if (issue.code === "invalid_key") {
    const message = issue.issues[0]?.message ?? issue.message;
    const key = path.at(-1);
    return [found(path, `the name ${split(message).what}, got ${seen(key)}`, split(message).next ?? "choose another name")];
  }
  const { what, next } = sentence(issue, input, node);
  const isDiscriminator = issue.code === "invalid_union" && issue.errors.length === 0;
  return [{ ...found(path, what, next), prune: isDiscriminator ? path.slice(0, -1) : path }];
}

function found(path: readonly PathSegment[], what: string, next: string): Found {
  return { path, prune: path, fault: fault(pathText(path), what, next) };
}

function unknownKey(path: readonly PathSegment[], input: unknown, node: SchemaNode | undefined): Found {
  const known = Object.keys(node?.properties ?? {});
  const near = nearest(String(path.at(-1)), known);
  const next = node?.unknownKeys ?? (near === undefined ? `remove it; known here: ${known.join(", ")}` : `did you mean "${near}"?`);
  return found(path, `is not a setting here${node?.unknownValues === "hidden" ? "" : `, got ${seen(input)}`}`, next);
}

/** The alternative that the writer meant: the one whose faults lie deepest, and among those at the top the one that is not about kind. */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const meant = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value")),
  );
  return meant[0];
}

function sentence(issue: Issue, input: unknown, node: SchemaNode | undefined): { readonly what: string; readonly next: string } {
  const got = `, got ${seen(input)}`;
  const example = exampleOf(node);
  if (input === undefined && issue.code !== "custom")
    return { what: "is missing", next: node?.whenAbsent ?? (example === undefined ? "add it" : `add it, for example ${example}`) };
  const forExample = example === undefined ? "see docs/settings.md" : `for example ${example}`;
  switch (issue.code) {
    case "invalid_type":
      return {
        what: `must be ${typeWords[node?.type === "integer" ? "integer" : issue.expected] ?? issue.expected}${got}`,
        next: forExample,
      };
    case "invalid_value":
      return { what: `must be ${alternatives(issue.values)}${got}`, next: chooseOne(input, issue.values) };
    case "invalid_union":
      return {
        what: `must be ${alternatives(unionWords(issue, node), false)}${got}`,
        next: issue.errors.length === 0 ? "choose one of them" : forExample,
      };
    case "too_small":
    case "too_big":
      return { what: `${range(issue, node)}${got}`, next: defaultOf(node) ?? forExample };
    default: {
      const { what, next } = split(issue.message);
      // Rules between fields say themselves what they saw.
      return { what: what.includes(", got ") ? what : `${what}${got}`, next: next ?? forExample };
    }
  }
}

/** Our own messages may bring their next step along after a semicolon. */
function split(message: string): { readonly what: string; readonly next?: string } {
  const at = message.indexOf("; ");
  return at < 0 ? { what: message } : { what: message.slice(0, at), next: message.slice(at + 2) };
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function alternatives(values: readonly unknown[], quote = true): string {
  return values.map((value) => (quote ? JSON.stringify(value) : String(value))).join(" or ");
}

function chooseOne(input: unknown, values: readonly unknown[]): string {
  const near =
    typeof input === "string"
      ? nearest(
          input,
          values.filter((value) => typeof value === "string"),
        )
      : undefined;
  return near === undefined ? "choose one of them" : `did you mean "${near}"?`;
}

function unionWords(issue: Extract<Issue, { code: "invalid_union" }>, node: SchemaNode | undefined): readonly string[] {
  if ("options" in issue && Array.isArray(issue.options)) return issue.options.map((option) => JSON.stringify(option));
  return (node?.anyOf ?? []).map((branch) =>
    "const" in branch ? JSON.stringify(branch.const) : (typeWords[branch.type ?? ""] ?? "something else"),
  );
}

function range(issue: Extract<Issue, { code: "too_small" | "too_big" }>, node: SchemaNode | undefined): string {
  const { origin } = issue;
  if (origin === "number" || origin === "int") {
    const { minimum, maximum } = node ?? {};
    if (minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) return `must be from ${minimum} to ${maximum}`;
    return issue.code === "too_small" ? `must be ${issue.minimum} or more` : `must be ${issue.maximum} or less`;
  }
  const unit = origin === "string" ? "characters" : "entries";
  return issue.code === "too_small" ? `must have at least ${issue.minimum} ${unit}` : `must have at most ${issue.maximum} ${unit}`;
}

function exampleOf(node: SchemaNode | undefined): string | undefined {
  const example = node?.examples?.[0];
  return example === undefined ? undefined : JSON.stringify(example);
}

function defaultOf(node: SchemaNode | undefined): string | undefined {
  if (node?.default === undefined) return undefined;
  return `the default is ${JSON.stringify(node.default)}${node.unit === undefined ? "" : ` ${node.unit}`}`;
}

function valueAt(value: unknown, path: readonly PathSegment[]): unknown {
  let current: unknown = value;
  for (const segment of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, segment)) return undefined;
    current = (current as Record<PathSegment, unknown>)[segment];
  }
  return current;
}

/** The key stays, without its value: a rule must be able to tell what is faulty from what was never written. */
function remove(root: unknown, path: readonly PathSegment[]): void {
  const last = path.at(-1);
  const parent = valueAt(root, path.slice(0, -1));
  if (last === undefined || typeof parent !== "object" || parent === null) return;
  (parent as Record<PathSegment, unknown>)[last] = undefined;
}
