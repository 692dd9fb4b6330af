import type { SchemaNode } from "../../components/shared/schemaNode.ts";

/** Turns a schema into the tables of `docs/settings.md`. Pure: the same schema gives the same text. */

/** A table per mapping that people write, from the outside in. `path` is what stands before its keys, `apps.<app>.`. */
export function referenceTables(node: SchemaNode, path: string): readonly string[] {
  const tables: string[] = [];
  const rows: string[] = [];
  for (const [key, property] of Object.entries(node.properties ?? {})) {
    rows.push(row(key, property, node.required?.includes(key) === true));
    tables.push(...below(property, `${path}${key}`));
  }
  const head = path === "" ? [] : [`### \`${path.replace(/\.$/, "")}\``, ...(node.description === undefined ? [] : [node.description])];
  const table = ["| key | type | default | meaning | example |", "|---|---|---|---|---|", ...rows].join("\n");
  return rows.length === 0 ? tables : [...head, table, ...tables];
}

/** Tables of what lies deeper: in a mapping, in the members of a list, behind any key of a map, in each of several alternatives. */
function below(node: SchemaNode, path: string): readonly string[] {
  if (node.properties !== undefined) return referenceTables(node, `${path}.`);
  if (node.items !== undefined) return below({ ...withDescription(node.items, node) }, `${path}[]`);
  if (typeof node.additionalProperties === "object")
    return below(withDescription(node.additionalProperties, node), `${path}.<${singular(path)}>`);
  const alternatives = (node.oneOf ?? node.anyOf ?? []).filter((one) => one.properties !== undefined);
  if (alternatives.length === 0) return (node.anyOf ?? []).flatMap((one) => below(one, path));
  return alternatives.some((one) => one.properties?.["mode"] !== undefined) ? modes(alternatives, path) : kinds(alternatives, path);
}

function withDescription(node: SchemaNode, outer: SchemaNode): SchemaNode {
  return node.description === undefined && outer.description !== undefined ? { ...node, description: outer.description } : node;
}

/** Alternatives with a life of their own: each has its tables, and says by which key it is chosen. */
function modes(alternatives: readonly SchemaNode[], path: string): readonly string[] {
  return alternatives.flatMap((one) => {
    const [, ...tables] = referenceTables(one, `${path}.`);
    return [`### \`${path}\` with \`mode: ${String(one.properties?.["mode"]?.const)}\``, ...tables];
  });
}

/** Alternatives that differ in a key or two: a row each. */
function kinds(alternatives: readonly SchemaNode[], path: string): readonly string[] {
  const rows = alternatives.map((one) => {
    const { kind, ...others } = one.properties ?? {};
    const further = Object.entries(others).map(
      ([key, property]) => `\`${key}\` (${typeOf(property)}${defaultText(property)}): ${property.description ?? ""}`,
    );
    return `| ${code(kind?.const)} | ${one.description ?? ""} | ${further.map(escaped).join("<br>")} |`;
  });
  return [`### \`${path}\``, ["| kind | what | further keys |", "|---|---|---|", ...rows].join("\n")];
}

function defaultText(node: SchemaNode): string {
  return node.default === undefined ? "" : `, default ${JSON.stringify(node.default)}`;
}

function row(key: string, node: SchemaNode, required: boolean): string {
  const example = node.examples?.[0];
  const absent = required ? "**required**" : "";
  const shown = node.default === undefined ? absent : isEmpty(node.default) ? "none" : code(node.default);
  const cells = [code(key), typeOf(node), shown, node.description ?? "", example === undefined ? "" : code(example)];
  return `| ${cells.map(escaped).join(" | ")} |`;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** What a person writes there, with range and unit. */
export function typeOf(node: SchemaNode): string {
  const unit = node.unit === undefined ? "" : `, ${node.unit}`;
  if (node.const !== undefined) return code(node.const);
  if (node.enum !== undefined) return node.enum.map(code).join(" or ");
  const alternatives = node.anyOf ?? node.oneOf;
  if (alternatives !== undefined) return `${[...new Set(alternatives.map((one) => typeOf(one)))].join(" or ")}${unit}`;
  switch (node.type) {
    case "string":
      return `text${unit}`;
    case "integer":
    case "number":
      return `${node.type === "integer" ? "whole number" : "number"}${range(node)}${unit}`;
    case "boolean":
      return "true or false";
    case "array":
      return `list${node.items?.type === "string" ? " of texts" : ""}${unit}`;
    case "null":
      return "null";
    default:
      return "mapping";
  }
}

function range({ minimum, maximum }: SchemaNode): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (low !== undefined && high !== undefined) return ` ${low} to ${high}`;
  return low === undefined ? "" : ` from ${low}`;
}

/** `apps` holds an app each, `variables` a variable. */
function singular(path: string): string {
  const last = /([A-Za-z]+)$/.exec(path)?.[1] ?? "name";
  const known: Readonly<Record<string, string>> = {
    environment: "service",
    images: "service",
    environments: "environment",
    headers: "name",
    json: "pointer",
  };
  return known[last] ?? last.replace(/s$/, "");
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
