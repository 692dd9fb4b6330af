import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import type { FaultSink } from "../shared/fault.ts";

/** Fields of a service whose numbers and booleans reach the container as text. */
const textFields: ReadonlySet<string> = new Set(["command", "entrypoint", "environment", "expose", "labels", "user"]);

/**
 * Faults for what YAML reads as a number or a boolean and would not write again as it stands: `0123` would reach the container as 123, `1.10`
 * as 1.1, a long number with other digits, `True` as true. Anchors and merge keys are followed. Returns how many there were.
 */
export function unquotedFaults(document: Document.Parsed, faults: FaultSink): number {
  let count = 0;
  const judge = (node: unknown, sink: FaultSink): void => {
    if (!isScalar(node) || (typeof node.value !== "number" && typeof node.value !== "boolean")) return;
    const written = node.source ?? String(node.value);
    if (written === String(node.value)) return;
    sink.add(`is ${written}, which would arrive as "${String(node.value)}"; quote it: "${written}"`);
    count += 1;
  };
  const text = (node: unknown, sink: FaultSink): void => {
    const value = resolved(document, node);
    if (isSeq(value)) value.items.forEach((item, index) => text(item, sink.below(String(index))));
    else if (isMap(value))
      for (const [name, key, member] of members(document, value)) {
        judge(key, sink.below(name));
        text(member, sink.below(name));
      }
    else judge(value, sink);
  };
  const services = resolved(document, document.get("services", true));
  if (!isMap(services)) return 0;
  for (const [service, , body] of members(document, services)) {
    const fields = resolved(document, body);
    if (!isMap(fields)) continue;
    for (const [field, , value] of members(document, fields))
      if (textFields.has(field)) text(value, faults.below(`services.${service}.${field}`));
  }
  return count;
}

/** Names, keys and values of a mapping, with those that merge keys bring in. */
function members(document: Document.Parsed, node: Node): [name: string, key: unknown, value: unknown][] {
  const map = resolved(document, node);
  if (isSeq(map)) return map.items.flatMap((item) => members(document, item as Node));
  if (!isMap(map)) return [];
  return map.items.flatMap(({ key, value }): [string, unknown, unknown][] => {
    const name = isScalar(key) ? (key.source ?? String(key.value)) : "";
    return name === "<<" ? members(document, value as Node) : [[name, key, value]];
  });
}

function resolved(document: Document.Parsed, node: unknown): Node | undefined {
  const found = isAlias(node) ? node.resolve(document) : node;
  return found as Node | undefined;
}
