import { z } from "zod";
import type { PathSegment } from "./fault.ts";

/** The parts of a generated JSON Schema that messages and documents are made from. */
export interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | false;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  /** Ours: what a number or text counts. */
  readonly unit?: string;
  /** Ours: what to do where it is missing. */
  readonly whenAbsent?: string;
  /** Ours: what to do about a key that does not belong here. */
  readonly unknownKeys?: string;
  /** Ours: values of such keys are not shown: most likely they are what should stand elsewhere. */
  readonly unknownValues?: "hidden";
}

/** The schema of what people write, that is before defaults are filled in. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: "input" }) as SchemaNode;
}

/** The node that a path leads to. Where several alternatives have the next key, the one that fits the value's own `const` members. */
export function nodeAt(root: SchemaNode, path: readonly PathSegment[], value: unknown): SchemaNode | undefined {
  let nodes: readonly SchemaNode[] = [root];
  let current = value;
  for (const segment of path) {
    nodes = nodes.flatMap((node) => branches(node, current)).flatMap((node) => child(node, segment));
    current = typeof current === "object" && current !== null ? (current as Record<PathSegment, unknown>)[segment] : undefined;
  }
  const [first] = nodes.flatMap((node) => branches(node, current));
  return nodes.length === 1 && (nodes[0]?.anyOf !== undefined || nodes[0]?.examples !== undefined) ? nodes[0] : first;
}

function branches(node: SchemaNode, value: unknown): readonly SchemaNode[] {
  const alternatives = node.anyOf ?? node.oneOf;
  if (alternatives === undefined) return [node];
  return alternatives.flatMap((alternative) => branches(alternative, value)).filter((alternative) => fits(alternative, value));
}

function fits(node: SchemaNode, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  const record = value as Record<string, unknown>;
  return Object.entries(node.properties ?? {}).every(([key, property]) => property.const === undefined || property.const === record[key]);
}

function child(node: SchemaNode, segment: PathSegment): readonly SchemaNode[] {
  if (typeof segment === "number") return node.items === undefined ? [] : [node.items];
  const property = node.properties?.[segment];
  if (property !== undefined) return [property];
  return node.additionalProperties === undefined || node.additionalProperties === false ? [] : [node.additionalProperties];
}
