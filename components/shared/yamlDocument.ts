import { type Document, parseDocument } from "yaml";

const known = new Map<string, Document.Parsed>();

/**
 * A YAML text that people wrote, as a document: duplicate keys are errors, as in Pulumi's own reader; merge keys are how people share parts
 * of a file. Parsed once however many readers look at it (settings, roles, planner): that is most of what reading the files of an app takes.
 * Take values by `toJS`, which makes new ones, and change nothing in the document.
 */
export function yamlDocument(text: string): Document.Parsed {
  const before = known.get(text);
  if (before !== undefined) return before;
  const document = parseDocument(text, { merge: true, uniqueKeys: true });
  known.set(text, document);
  return document;
}

/** What makes a text no YAML, for a person: where, and what. */
export interface YamlFault {
  /** Line, from 1. */
  readonly line: number | undefined;
  readonly what: string;
  readonly next: string;
}

/**
 * What is wrong with a text as YAML. A tab in the indentation is told alone, with every line that has one: the parser goes astray behind it,
 * and what it says of the lines below is not true once the tab is gone.
 */
export function yamlFaults({ errors }: Pick<Document.Parsed, "errors">): readonly YamlFault[] {
  const tabs = errors.filter(({ code }) => code === "TAB_AS_INDENT");
  const [first] = tabs;
  if (first !== undefined) {
    const others = tabs.slice(1).flatMap(({ linePos }) => linePos?.[0].line ?? []);
    const also = others.length === 0 ? "" : ` (and in line ${others.join(", ")})`;
    return [{ line: first.linePos?.[0].line, what: `a tab stands in the indentation${also}`, next: "indent with spaces" }];
  }
  return errors.map((error) => ({
    line: error.linePos?.[0].line,
    what: error.message.split("\n")[0]?.replace(/ at line \d+.*$/, "") ?? error.code,
    next: "correct it",
  }));
}
