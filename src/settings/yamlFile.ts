import { readFileSync } from "node:fs";
import { yamlDocument, yamlFaults } from "../../components/shared/yamlDocument.ts";
import { fault, type Fault } from "./fault.ts";

export type Read<T> = { readonly kind: "read"; readonly value: T } | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

/**
 * Reads a text file that people wrote. `name` is how messages call it. That it is absent is a fault like any other: it stands in one message
 * with the rest.
 */
export function readText(path: string, name: string, whenAbsent: string): Read<string> {
  try {
    return { kind: "read", value: readFileSync(path, "utf8") };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const absent = code === "ENOENT";
    return {
      kind: "faulty",
      faults: [absent ? fault(name, "is missing", whenAbsent) : fault(name, `cannot be read (${code})`, "make it readable")],
    };
  }
}

/** The value of a YAML text, or what is wrong with it as YAML. */
export function parseYaml(text: string, name: string): Read<unknown> {
  const document = yamlDocument(text);
  if (document.errors.length > 0) {
    const faults = yamlFaults(document).map(({ line, what, next }) =>
      fault(name, `is not YAML${line === undefined ? "" : ` in line ${line}`}: ${what}`, next),
    );
    return { kind: "faulty", faults };
  }
  const value: unknown = document.toJS({ maxAliasCount: 1000 });
  return { kind: "read", value };
}
